;; Item 31: strings from utf16 to utf8: contents, lengths and calls of realloc.
;; call: empty() => 0
;; call: empty-log() => 1000034
;; call: ascii() => 1178124400
;; call: ascii-log() => 1000045
;; call: long-ascii() => 261795509
;; call: long-ascii-log() => 1000072
;; call: latin1() => 4254327767
;; call: latin1-log() => 1975141408
;; call: late-latin1() => 917837479
;; call: late-latin1-log() => 1058916315
;; call: wide() => 2568212398
;; call: wide-log() => 3046578
;; call: mixed() => 3992430731
;; call: mixed-log() => 200441870
;; call: late-wide() => 204426468
;; call: late-wide-log() => 1345074465
;; call: astral() => 50073320
;; call: astral-log() => 1116666960
(component
  (component $P
    (core module $M
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 4096))
    (global $calls (mut i32) (i32.const 0))
    (func (export "realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      ;; The log: (old size, align, new size), from 1024 on.
      (local.set $at (i32.add (i32.const 1024) (i32.mul (i32.const 12) (global.get $calls))))
      (i32.store (local.get $at) (local.get $was))
      (i32.store offset=4 (local.get $at) (local.get $align))
      (i32.store offset=8 (local.get $at) (local.get $size))
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (memory.copy (local.get $at) (local.get $old)
        (select (local.get $was) (local.get $size) (i32.lt_u (local.get $was) (local.get $size))))
      (local.get $at))
    ;; Folds the log and the count of calls into one number.
    (func $log (export "log") (result i32)
      (local $i i32) (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31))
          (i32.load (i32.add (i32.const 1024) (i32.mul (i32.const 4) (local.get $i))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.mul (i32.const 3) (global.get $calls)))))
      (i32.add (local.get $sum) (i32.mul (i32.const 1000003) (global.get $calls))))
    (func (export "p-log") (result i32) (call $log))
    (func (export "sum") (param $at i32) (param $n i32) (result i32)
      (local $i i32) (local $sum i32) (local $bytes i32)
      (local.set $bytes (i32.and (local.get $n) (i32.const 0x7fffffff)))

      (local.set $sum (local.get $n))
      (block $done (loop $again
        (br_if $done (i32.ge_u (local.get $i) (local.get $bytes)))
        (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31))
          (i32.load8_u (i32.add (local.get $at) (local.get $i)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $again)))
      (local.get $sum)))
    (core instance $m (instantiate $M))
    (func (export "sum") (param "s" string) (result u32) (canon lift (core func $m "sum") (memory (core memory $m "memory")) (realloc (core func $m "realloc")) string-encoding=utf8))
    (func (export "p-log") (result u32) (canon lift (core func $m "p-log"))))
  (component $C
    (import "p" (instance $p
      (export "sum" (func (param "s" string) (result u32)))
      (export "p-log" (func (result u32)))))
    (core module $Memory
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 4096))
    (global $calls (mut i32) (i32.const 0))
    (func (export "realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      ;; The log: (old size, align, new size), from 1024 on.
      (local.set $at (i32.add (i32.const 1024) (i32.mul (i32.const 12) (global.get $calls))))
      (i32.store (local.get $at) (local.get $was))
      (i32.store offset=4 (local.get $at) (local.get $align))
      (i32.store offset=8 (local.get $at) (local.get $size))
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (memory.copy (local.get $at) (local.get $old)
        (select (local.get $was) (local.get $size) (i32.lt_u (local.get $was) (local.get $size))))
      (local.get $at))
    ;; Folds the log and the count of calls into one number.
    (func $log (export "log") (result i32)
      (local $i i32) (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31))
          (i32.load (i32.add (i32.const 1024) (i32.mul (i32.const 4) (local.get $i))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.mul (i32.const 3) (global.get $calls)))))
      (i32.add (local.get $sum) (i32.mul (i32.const 1000003) (global.get $calls)))))
    (core instance $memory (instantiate $Memory))
    (core func $sum (canon lower (func $p "sum") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")) string-encoding=utf16))
    (core func $p-log (canon lower (func $p "p-log") string-encoding=utf16))
    (core module $M
      (import "" "sum" (func $sum (param i32 i32) (result i32)))
      (import "" "p-log" (func $p-log (result i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (data (i32.const 64) "")
      (data (i32.const 64) "\70\00\6c\00\61\00\69\00\6e\00\20\00\41\00\53\00\43\00\49\00\49\00")
      (data (i32.const 96) "\70\00\6c\00\61\00\69\00\6e\00\20\00\41\00\53\00\43\00\49\00\49\00\20\00\6f\00\66\00\20\00\6d\00\6f\00\72\00\65\00\20\00\74\00\68\00\61\00\6e\00\20\00\73\00\69\00\78\00\74\00\65\00\65\00\6e\00\20\00\62\00\79\00\74\00\65\00\73\00")
      (data (i32.const 176) "\63\00\61\00\66\00\e9\00\20\00\63\00\72\00\e8\00\6d\00\65\00\20\00\62\00\72\00\fb\00\6c\00\e9\00\65\00\20\00\ff\00")
      (data (i32.const 224) "\73\00\65\00\76\00\65\00\6e\00\74\00\65\00\65\00\6e\00\20\00\6c\00\65\00\74\00\74\00\65\00\72\00\73\00\e9\00")
      (data (i32.const 272) "\22\6f\57\5b\4b\30\6a\30")
      (data (i32.const 288) "\61\00\e9\00\22\6f")
      (data (i32.const 304) "\73\00\69\00\78\00\74\00\65\00\65\00\6e\00\20\00\61\00\6e\00\64\00\20\00\6f\00\6e\00\65\00\2e\00\2e\00\22\6f\20\00\74\00\61\00\69\00\6c\00")
      (data (i32.const 352) "\3e\d8\80\dd\3d\d8\00\de")
      (func (export "empty") (result i32) (call $sum (i32.const 64) (i32.const 0)))
      (func (export "empty-log") (result i32) (drop (call $sum (i32.const 64) (i32.const 0))) (call $p-log))
      (func (export "ascii") (result i32) (call $sum (i32.const 64) (i32.const 11)))
      (func (export "ascii-log") (result i32) (drop (call $sum (i32.const 64) (i32.const 11))) (call $p-log))
      (func (export "long-ascii") (result i32) (call $sum (i32.const 96) (i32.const 38)))
      (func (export "long-ascii-log") (result i32) (drop (call $sum (i32.const 96) (i32.const 38))) (call $p-log))
      (func (export "latin1") (result i32) (call $sum (i32.const 176) (i32.const 19)))
      (func (export "latin1-log") (result i32) (drop (call $sum (i32.const 176) (i32.const 19))) (call $p-log))
      (func (export "late-latin1") (result i32) (call $sum (i32.const 224) (i32.const 18)))
      (func (export "late-latin1-log") (result i32) (drop (call $sum (i32.const 224) (i32.const 18))) (call $p-log))
      (func (export "wide") (result i32) (call $sum (i32.const 272) (i32.const 4)))
      (func (export "wide-log") (result i32) (drop (call $sum (i32.const 272) (i32.const 4))) (call $p-log))
      (func (export "mixed") (result i32) (call $sum (i32.const 288) (i32.const 3)))
      (func (export "mixed-log") (result i32) (drop (call $sum (i32.const 288) (i32.const 3))) (call $p-log))
      (func (export "late-wide") (result i32) (call $sum (i32.const 304) (i32.const 23)))
      (func (export "late-wide-log") (result i32) (drop (call $sum (i32.const 304) (i32.const 23))) (call $p-log))
      (func (export "astral") (result i32) (call $sum (i32.const 352) (i32.const 4)))
      (func (export "astral-log") (result i32) (drop (call $sum (i32.const 352) (i32.const 4))) (call $p-log)))
    (core instance $m (instantiate $M
      (with "" (instance (export "sum" (func $sum)) (export "p-log" (func $p-log))))
      (with "memory" (instance $memory))))
    (func (export "empty") (result u32) (canon lift (core func $m "empty")))
    (func (export "empty-log") (result u32) (canon lift (core func $m "empty-log")))
    (func (export "ascii") (result u32) (canon lift (core func $m "ascii")))
    (func (export "ascii-log") (result u32) (canon lift (core func $m "ascii-log")))
    (func (export "long-ascii") (result u32) (canon lift (core func $m "long-ascii")))
    (func (export "long-ascii-log") (result u32) (canon lift (core func $m "long-ascii-log")))
    (func (export "latin1") (result u32) (canon lift (core func $m "latin1")))
    (func (export "latin1-log") (result u32) (canon lift (core func $m "latin1-log")))
    (func (export "late-latin1") (result u32) (canon lift (core func $m "late-latin1")))
    (func (export "late-latin1-log") (result u32) (canon lift (core func $m "late-latin1-log")))
    (func (export "wide") (result u32) (canon lift (core func $m "wide")))
    (func (export "wide-log") (result u32) (canon lift (core func $m "wide-log")))
    (func (export "mixed") (result u32) (canon lift (core func $m "mixed")))
    (func (export "mixed-log") (result u32) (canon lift (core func $m "mixed-log")))
    (func (export "late-wide") (result u32) (canon lift (core func $m "late-wide")))
    (func (export "late-wide-log") (result u32) (canon lift (core func $m "late-wide-log")))
    (func (export "astral") (result u32) (canon lift (core func $m "astral")))
    (func (export "astral-log") (result u32) (canon lift (core func $m "astral-log")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "empty") (alias export $c "empty"))
  (func (export "empty-log") (alias export $c "empty-log"))
  (func (export "ascii") (alias export $c "ascii"))
  (func (export "ascii-log") (alias export $c "ascii-log"))
  (func (export "long-ascii") (alias export $c "long-ascii"))
  (func (export "long-ascii-log") (alias export $c "long-ascii-log"))
  (func (export "latin1") (alias export $c "latin1"))
  (func (export "latin1-log") (alias export $c "latin1-log"))
  (func (export "late-latin1") (alias export $c "late-latin1"))
  (func (export "late-latin1-log") (alias export $c "late-latin1-log"))
  (func (export "wide") (alias export $c "wide"))
  (func (export "wide-log") (alias export $c "wide-log"))
  (func (export "mixed") (alias export $c "mixed"))
  (func (export "mixed-log") (alias export $c "mixed-log"))
  (func (export "late-wide") (alias export $c "late-wide"))
  (func (export "late-wide-log") (alias export $c "late-wide-log"))
  (func (export "astral") (alias export $c "astral"))
  (func (export "astral-log") (alias export $c "astral-log")))
