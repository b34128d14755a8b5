;; Item 16: every number but 0 is true, flat and in memory.
;; call: flat-2() => 1
;; call: flat-256() => 1
;; call: flat-0() => 0
;; call: memory() => 65793
;; call: result() => 1
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
    (func (export "g") (param i32 i32) (result i32) (i32.load (local.get 0)))
    (func (export "h") (result i32) (i32.const 0x100)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "b" bool) (result u32) (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "g") (param "l" (list bool)) (result u32) (canon lift (core func $m "g") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "h") (result bool) (canon lift (core func $m "h") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $C
    (import "p" (instance $p
      (export "f" (func (param "b" bool) (result u32)))
      (export "g" (func (param "l" (list bool)) (result u32)))
      (export "h" (func (result bool)))))
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
    (core func $h (canon lower (func $p "h") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core module $M
      (import "" "f" (func $f (param i32) (result i32)))
      (import "" "g" (func $g (param i32 i32) (result i32)))
      (import "" "h" (func $h (result i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (data (i32.const 64) "\02\ff\80\00")
      (func (export "flat-2") (result i32) (call $f (i32.const 2)))
      (func (export "flat-256") (result i32) (call $f (i32.const 256)))
      (func (export "flat-0") (result i32) (call $f (i32.const 0)))
      (func (export "memory") (result i32) (call $g (i32.const 64) (i32.const 4)))
      (func (export "result") (result i32) (call $h)))
    (core instance $m (instantiate $M
      (with "" (instance (export "f" (func $f)) (export "g" (func $g)) (export "h" (func $h))))
      (with "memory" (instance $memory))))
    (func (export "flat-2") (result u32) (canon lift (core func $m "flat-2")))
    (func (export "flat-256") (result u32) (canon lift (core func $m "flat-256")))
    (func (export "flat-0") (result u32) (canon lift (core func $m "flat-0")))
    (func (export "memory") (result u32) (canon lift (core func $m "memory")))
    (func (export "result") (result u32) (canon lift (core func $m "result")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "flat-2") (alias export $c "flat-2"))
  (func (export "flat-256") (alias export $c "flat-256"))
  (func (export "flat-0") (alias export $c "flat-0"))
  (func (export "memory") (alias export $c "memory"))
  (func (export "result") (alias export $c "result")))
