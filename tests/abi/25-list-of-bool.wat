;; Item 25: the elements of list<bool> are normalised, in blocks of any length.
;; call: run() => 298
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
    (func (export "f") (param $at i32) (param $n i32) (result i32)
      (local $i i32) (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $at) (local.get $i)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
      (local.get $sum)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" (list bool)) (result u32) (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $C
    (import "p" (instance $p
      (export "f" (func (param "x" (list bool)) (result u32)))))
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
    (core module $M
      (import "" "f" (func $f (param i32 i32) (result i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (func (export "run") (result i32)
        (local $i i32)
        (loop $again
          (i32.store8 (i32.add (i32.const 64) (local.get $i)) (i32.mul (local.get $i) (i32.const 37)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const 300))))
        (call $f (i32.const 64) (i32.const 300))))
    (core instance $m (instantiate $M
      (with "" (instance (export "f" (func $f))))
      (with "memory" (instance $memory))))
    (func (export "run") (result u32) (canon lift (core func $m "run")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "run") (alias export $c "run")))
