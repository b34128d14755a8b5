;; Item 33: invalid text in utf16 traps, where it is only copied too.
;; call: high-utf8() traps invalid-utf16
;; call: high-utf16() traps invalid-utf16
;; call: high-latin1-utf16() traps invalid-utf16
;; call: low-utf8() traps invalid-utf16
;; call: low-utf16() traps invalid-utf16
;; call: low-latin1-utf16() traps invalid-utf16
;; call: pair-turned-utf8() traps invalid-utf16
;; call: pair-turned-utf16() traps invalid-utf16
;; call: pair-turned-latin1-utf16() traps invalid-utf16
;; call: high-high-utf8() traps invalid-utf16
;; call: high-high-utf16() traps invalid-utf16
;; call: high-high-latin1-utf16() traps invalid-utf16
;; call: late-utf8() traps invalid-utf16
;; call: late-utf16() traps invalid-utf16
;; call: late-latin1-utf16() traps invalid-utf16
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
    (func (export "utf8") (param i32 i32) (result i32) (local.get 1))
    (func (export "utf16") (param i32 i32) (result i32) (local.get 1))
    (func (export "latin1-utf16") (param i32 i32) (result i32) (local.get 1)))
    (core instance $m (instantiate $M))
    (func (export "utf8") (param "s" string) (result u32) (canon lift (core func $m "utf8") (memory (core memory $m "memory")) (realloc (core func $m "realloc")) string-encoding=utf8))
    (func (export "utf16") (param "s" string) (result u32) (canon lift (core func $m "utf16") (memory (core memory $m "memory")) (realloc (core func $m "realloc")) string-encoding=utf16))
    (func (export "latin1-utf16") (param "s" string) (result u32) (canon lift (core func $m "latin1-utf16") (memory (core memory $m "memory")) (realloc (core func $m "realloc")) string-encoding=latin1+utf16)))
  (component $C
    (import "p" (instance $p
      (export "utf8" (func (param "s" string) (result u32)))
      (export "utf16" (func (param "s" string) (result u32)))
      (export "latin1-utf16" (func (param "s" string) (result u32)))))
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
    (core func $utf8 (canon lower (func $p "utf8") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")) string-encoding=utf16))
    (core func $utf16 (canon lower (func $p "utf16") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")) string-encoding=utf16))
    (core func $latin1-utf16 (canon lower (func $p "latin1-utf16") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")) string-encoding=utf16))
    (core module $M
      (import "" "utf8" (func $utf8 (param i32 i32) (result i32)))
      (import "" "utf16" (func $utf16 (param i32 i32) (result i32)))
      (import "" "latin1-utf16" (func $latin1-utf16 (param i32 i32) (result i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (data (i32.const 64) "\61\00\00\d8")
      (data (i32.const 80) "\00\dc")
      (data (i32.const 96) "\00\dc\00\d8")
      (data (i32.const 112) "\00\d8\00\d8\00\dc")
      (data (i32.const 128) "\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\00\d8\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00\61\00")
      (func (export "high-utf8") (result i32) (call $utf8 (i32.const 64) (i32.const 2)))
      (func (export "high-utf16") (result i32) (call $utf16 (i32.const 64) (i32.const 2)))
      (func (export "high-latin1-utf16") (result i32) (call $latin1-utf16 (i32.const 64) (i32.const 2)))
      (func (export "low-utf8") (result i32) (call $utf8 (i32.const 80) (i32.const 1)))
      (func (export "low-utf16") (result i32) (call $utf16 (i32.const 80) (i32.const 1)))
      (func (export "low-latin1-utf16") (result i32) (call $latin1-utf16 (i32.const 80) (i32.const 1)))
      (func (export "pair-turned-utf8") (result i32) (call $utf8 (i32.const 96) (i32.const 2)))
      (func (export "pair-turned-utf16") (result i32) (call $utf16 (i32.const 96) (i32.const 2)))
      (func (export "pair-turned-latin1-utf16") (result i32) (call $latin1-utf16 (i32.const 96) (i32.const 2)))
      (func (export "high-high-utf8") (result i32) (call $utf8 (i32.const 112) (i32.const 3)))
      (func (export "high-high-utf16") (result i32) (call $utf16 (i32.const 112) (i32.const 3)))
      (func (export "high-high-latin1-utf16") (result i32) (call $latin1-utf16 (i32.const 112) (i32.const 3)))
      (func (export "late-utf8") (result i32) (call $utf8 (i32.const 128) (i32.const 30)))
      (func (export "late-utf16") (result i32) (call $utf16 (i32.const 128) (i32.const 30)))
      (func (export "late-latin1-utf16") (result i32) (call $latin1-utf16 (i32.const 128) (i32.const 30))))
    (core instance $m (instantiate $M
      (with "" (instance (export "utf8" (func $utf8)) (export "utf16" (func $utf16)) (export "latin1-utf16" (func $latin1-utf16))))
      (with "memory" (instance $memory))))
    (func (export "high-utf8") (result u32) (canon lift (core func $m "high-utf8")))
    (func (export "high-utf16") (result u32) (canon lift (core func $m "high-utf16")))
    (func (export "high-latin1-utf16") (result u32) (canon lift (core func $m "high-latin1-utf16")))
    (func (export "low-utf8") (result u32) (canon lift (core func $m "low-utf8")))
    (func (export "low-utf16") (result u32) (canon lift (core func $m "low-utf16")))
    (func (export "low-latin1-utf16") (result u32) (canon lift (core func $m "low-latin1-utf16")))
    (func (export "pair-turned-utf8") (result u32) (canon lift (core func $m "pair-turned-utf8")))
    (func (export "pair-turned-utf16") (result u32) (canon lift (core func $m "pair-turned-utf16")))
    (func (export "pair-turned-latin1-utf16") (result u32) (canon lift (core func $m "pair-turned-latin1-utf16")))
    (func (export "high-high-utf8") (result u32) (canon lift (core func $m "high-high-utf8")))
    (func (export "high-high-utf16") (result u32) (canon lift (core func $m "high-high-utf16")))
    (func (export "high-high-latin1-utf16") (result u32) (canon lift (core func $m "high-high-latin1-utf16")))
    (func (export "late-utf8") (result u32) (canon lift (core func $m "late-utf8")))
    (func (export "late-utf16") (result u32) (canon lift (core func $m "late-utf16")))
    (func (export "late-latin1-utf16") (result u32) (canon lift (core func $m "late-latin1-utf16")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "high-utf8") (alias export $c "high-utf8"))
  (func (export "high-utf16") (alias export $c "high-utf16"))
  (func (export "high-latin1-utf16") (alias export $c "high-latin1-utf16"))
  (func (export "low-utf8") (alias export $c "low-utf8"))
  (func (export "low-utf16") (alias export $c "low-utf16"))
  (func (export "low-latin1-utf16") (alias export $c "low-latin1-utf16"))
  (func (export "pair-turned-utf8") (alias export $c "pair-turned-utf8"))
  (func (export "pair-turned-utf16") (alias export $c "pair-turned-utf16"))
  (func (export "pair-turned-latin1-utf16") (alias export $c "pair-turned-latin1-utf16"))
  (func (export "high-high-utf8") (alias export $c "high-high-utf8"))
  (func (export "high-high-utf16") (alias export $c "high-high-utf16"))
  (func (export "high-high-latin1-utf16") (alias export $c "high-high-latin1-utf16"))
  (func (export "late-utf8") (alias export $c "late-utf8"))
  (func (export "late-utf16") (alias export $c "late-utf16"))
  (func (export "late-latin1-utf16") (alias export $c "late-latin1-utf16")))
