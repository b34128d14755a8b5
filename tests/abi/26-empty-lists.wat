;; Items 26, 27 and 29: empty lists: a misaligned pointer traps, one at the end of memory passes, one past it traps; realloc is called.
;; call: misaligned() traps unaligned-pointer
;; call: bytes-odd() => 0
;; call: end() => 0
;; call: past() traps list-out-of-bounds
;; call: bytes-end() => 0
;; call: bytes-past() traps list-out-of-bounds
;; call: log() => 5694121
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
    (func (export "fu32") (param i32 i32) (result i32) (local.get 1))
    (func (export "fu8") (param i32 i32) (result i32) (local.get 1)))
    (core instance $m (instantiate $M))
    (func (export "fu32") (param "x" (list u32)) (result u32) (canon lift (core func $m "fu32") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "fu8") (param "x" (list u8)) (result u32) (canon lift (core func $m "fu8") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "p-log") (result u32) (canon lift (core func $m "p-log"))))
  (component $C
    (import "p" (instance $p
      (export "fu32" (func (param "x" (list u32)) (result u32)))
      (export "fu8" (func (param "x" (list u8)) (result u32)))
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
    (core func $fu32 (canon lower (func $p "fu32") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $fu8 (canon lower (func $p "fu8") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $p-log (canon lower (func $p "p-log")))
    (core module $M
      (import "" "fu32" (func $fu32 (param i32 i32) (result i32)))
      (import "" "fu8" (func $fu8 (param i32 i32) (result i32)))
      (import "" "p-log" (func $p-log (result i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (func (export "misaligned") (result i32) (call $fu32 (i32.const 66) (i32.const 0)))
      (func (export "bytes-odd") (result i32) (call $fu8 (i32.const 67) (i32.const 0)))
      (func (export "end") (result i32) (call $fu32 (i32.const 65536) (i32.const 0)))
      (func (export "past") (result i32) (call $fu32 (i32.const 65540) (i32.const 0)))
      (func (export "bytes-end") (result i32) (call $fu8 (i32.const 65536) (i32.const 0)))
      (func (export "bytes-past") (result i32) (call $fu8 (i32.const 65537) (i32.const 0)))
      (func (export "log") (result i32) (drop (call $fu32 (i32.const 64) (i32.const 0))) (drop (call $fu8 (i32.const 64) (i32.const 0))) (call $p-log)))
    (core instance $m (instantiate $M
      (with "" (instance (export "fu32" (func $fu32)) (export "fu8" (func $fu8)) (export "p-log" (func $p-log))))
      (with "memory" (instance $memory))))
    (func (export "misaligned") (result u32) (canon lift (core func $m "misaligned")))
    (func (export "bytes-odd") (result u32) (canon lift (core func $m "bytes-odd")))
    (func (export "end") (result u32) (canon lift (core func $m "end")))
    (func (export "past") (result u32) (canon lift (core func $m "past")))
    (func (export "bytes-end") (result u32) (canon lift (core func $m "bytes-end")))
    (func (export "bytes-past") (result u32) (canon lift (core func $m "bytes-past")))
    (func (export "log") (result u32) (canon lift (core func $m "log")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "misaligned") (alias export $c "misaligned"))
  (func (export "bytes-odd") (alias export $c "bytes-odd"))
  (func (export "end") (alias export $c "end"))
  (func (export "past") (alias export $c "past"))
  (func (export "bytes-end") (alias export $c "bytes-end"))
  (func (export "bytes-past") (alias export $c "bytes-past"))
  (func (export "log") (alias export $c "log")))
