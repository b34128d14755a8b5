;; Item 19: a char is a Unicode scalar value, flat and in memory.
;; call: flat-0() => 0
;; call: memory-0() => 0
;; call: flat-d7ff() => 55295
;; call: memory-d7ff() => 55295
;; call: flat-e000() => 57344
;; call: memory-e000() => 57344
;; call: flat-10ffff() => 1114111
;; call: memory-10ffff() => 1114111
;; call: flat-d800() traps invalid-char
;; call: memory-d800() traps invalid-char
;; call: flat-dfff() traps invalid-char
;; call: memory-dfff() traps invalid-char
;; call: flat-110000() traps invalid-char
;; call: memory-110000() traps invalid-char
;; call: flat-ffffffff() traps invalid-char
;; call: memory-ffffffff() traps invalid-char
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
    (func (export "f") (param i32) (result i32) (local.get 0))
    (func (export "g") (param i32 i32) (result i32) (i32.load (local.get 0))))
    (core instance $m (instantiate $M))
    (func (export "f") (param "c" char) (result u32) (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "g") (param "c" (list char)) (result u32) (canon lift (core func $m "g") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $C
    (import "p" (instance $p
      (export "f" (func (param "c" char) (result u32)))
      (export "g" (func (param "c" (list char)) (result u32)))))
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
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $g (canon lower (func $p "g") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core module $M
      (import "" "f" (func $f (param i32) (result i32)))
      (import "" "g" (func $g (param i32 i32) (result i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (func (export "flat-0") (result i32) (call $f (i32.const 0x0)))
      (func (export "memory-0") (result i32) (i32.store (i32.const 64) (i32.const 0x0)) (call $g (i32.const 64) (i32.const 1)))
      (func (export "flat-d7ff") (result i32) (call $f (i32.const 0xd7ff)))
      (func (export "memory-d7ff") (result i32) (i32.store (i32.const 64) (i32.const 0xd7ff)) (call $g (i32.const 64) (i32.const 1)))
      (func (export "flat-e000") (result i32) (call $f (i32.const 0xe000)))
      (func (export "memory-e000") (result i32) (i32.store (i32.const 64) (i32.const 0xe000)) (call $g (i32.const 64) (i32.const 1)))
      (func (export "flat-10ffff") (result i32) (call $f (i32.const 0x10ffff)))
      (func (export "memory-10ffff") (result i32) (i32.store (i32.const 64) (i32.const 0x10ffff)) (call $g (i32.const 64) (i32.const 1)))
      (func (export "flat-d800") (result i32) (call $f (i32.const 0xd800)))
      (func (export "memory-d800") (result i32) (i32.store (i32.const 64) (i32.const 0xd800)) (call $g (i32.const 64) (i32.const 1)))
      (func (export "flat-dfff") (result i32) (call $f (i32.const 0xdfff)))
      (func (export "memory-dfff") (result i32) (i32.store (i32.const 64) (i32.const 0xdfff)) (call $g (i32.const 64) (i32.const 1)))
      (func (export "flat-110000") (result i32) (call $f (i32.const 0x110000)))
      (func (export "memory-110000") (result i32) (i32.store (i32.const 64) (i32.const 0x110000)) (call $g (i32.const 64) (i32.const 1)))
      (func (export "flat-ffffffff") (result i32) (call $f (i32.const 0xffffffff)))
      (func (export "memory-ffffffff") (result i32) (i32.store (i32.const 64) (i32.const 0xffffffff)) (call $g (i32.const 64) (i32.const 1))))
    (core instance $m (instantiate $M
      (with "" (instance (export "f" (func $f)) (export "g" (func $g))))
      (with "memory" (instance $memory))))
    (func (export "flat-0") (result u32) (canon lift (core func $m "flat-0")))
    (func (export "memory-0") (result u32) (canon lift (core func $m "memory-0")))
    (func (export "flat-d7ff") (result u32) (canon lift (core func $m "flat-d7ff")))
    (func (export "memory-d7ff") (result u32) (canon lift (core func $m "memory-d7ff")))
    (func (export "flat-e000") (result u32) (canon lift (core func $m "flat-e000")))
    (func (export "memory-e000") (result u32) (canon lift (core func $m "memory-e000")))
    (func (export "flat-10ffff") (result u32) (canon lift (core func $m "flat-10ffff")))
    (func (export "memory-10ffff") (result u32) (canon lift (core func $m "memory-10ffff")))
    (func (export "flat-d800") (result u32) (canon lift (core func $m "flat-d800")))
    (func (export "memory-d800") (result u32) (canon lift (core func $m "memory-d800")))
    (func (export "flat-dfff") (result u32) (canon lift (core func $m "flat-dfff")))
    (func (export "memory-dfff") (result u32) (canon lift (core func $m "memory-dfff")))
    (func (export "flat-110000") (result u32) (canon lift (core func $m "flat-110000")))
    (func (export "memory-110000") (result u32) (canon lift (core func $m "memory-110000")))
    (func (export "flat-ffffffff") (result u32) (canon lift (core func $m "flat-ffffffff")))
    (func (export "memory-ffffffff") (result u32) (canon lift (core func $m "memory-ffffffff")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "flat-0") (alias export $c "flat-0"))
  (func (export "memory-0") (alias export $c "memory-0"))
  (func (export "flat-d7ff") (alias export $c "flat-d7ff"))
  (func (export "memory-d7ff") (alias export $c "memory-d7ff"))
  (func (export "flat-e000") (alias export $c "flat-e000"))
  (func (export "memory-e000") (alias export $c "memory-e000"))
  (func (export "flat-10ffff") (alias export $c "flat-10ffff"))
  (func (export "memory-10ffff") (alias export $c "memory-10ffff"))
  (func (export "flat-d800") (alias export $c "flat-d800"))
  (func (export "memory-d800") (alias export $c "memory-d800"))
  (func (export "flat-dfff") (alias export $c "flat-dfff"))
  (func (export "memory-dfff") (alias export $c "memory-dfff"))
  (func (export "flat-110000") (alias export $c "flat-110000"))
  (func (export "memory-110000") (alias export $c "memory-110000"))
  (func (export "flat-ffffffff") (alias export $c "flat-ffffffff"))
  (func (export "memory-ffffffff") (alias export $c "memory-ffffffff")))
