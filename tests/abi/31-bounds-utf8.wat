;; Strings in utf8 must lie in their memory; an empty one may end it.
;; call: end() => 0
;; call: past() traps string-out-of-bounds
;; call: over() traps string-out-of-bounds
;; call: long() traps string-out-of-bounds
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
    (func (export "f") (param i32 i32) (result i32) (local.get 1)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "s" string) (result u32) (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc")) string-encoding=utf8)))
  (component $C
    (import "p" (instance $p
      (export "f" (func (param "s" string) (result u32)))))
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
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")) string-encoding=utf8))
    (core module $M
      (import "" "f" (func $f (param i32 i32) (result i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (func (export "end") (result i32) (call $f (i32.const 65536) (i32.const 0)))
      (func (export "past") (result i32) (call $f (i32.const 65538) (i32.const 0)))
      (func (export "over") (result i32) (call $f (i32.const 65534) (i32.const 3)))
      (func (export "long") (result i32) (call $f (i32.const 0) (i32.const 2147483647))))
    (core instance $m (instantiate $M
      (with "" (instance (export "f" (func $f))))
      (with "memory" (instance $memory))))
    (func (export "end") (result u32) (canon lift (core func $m "end")))
    (func (export "past") (result u32) (canon lift (core func $m "past")))
    (func (export "over") (result u32) (canon lift (core func $m "over")))
    (func (export "long") (result u32) (canon lift (core func $m "long")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "end") (alias export $c "end"))
  (func (export "past") (alias export $c "past"))
  (func (export "over") (alias export $c "over"))
  (func (export "long") (alias export $c "long")))
