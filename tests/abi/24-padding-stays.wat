;; Item 24: what pads the elements of a list keeps the bytes that the receiver had there.
;; call: tuple() => 1145324545
;; call: payload() => 1145324612
(component
  (component $P
    (core module $M
    (memory (export "memory") 1)
    (data (i32.const 4096) "DDDDDDDDDDDDDDDD")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
    (func (export "f") (param i32 i32) (result i32) (i32.load (local.get 0)))
    (func (export "g") (param i32 i32) (result i32) (i32.load offset=4 (local.get 0))))
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" (list (tuple u8 u32))) (result u32) (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "g") (param "x" (list (option u32))) (result u32) (canon lift (core func $m "g") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $C
    (import "p" (instance $p
      (export "f" (func (param "x" (list (tuple u8 u32))) (result u32)))
      (export "g" (func (param "x" (list (option u32))) (result u32)))))
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
      (import "" "f" (func $f (param i32 i32) (result i32)))
      (import "" "g" (func $g (param i32 i32) (result i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (data (i32.const 64) "\01\aa\aa\aa\05\00\00\00")
      (data (i32.const 80) "\00\aa\aa\aa\05\00\00\00")
      (func (export "tuple") (result i32) (call $f (i32.const 64) (i32.const 1)))
      (func (export "payload") (result i32) (call $g (i32.const 80) (i32.const 1))))
    (core instance $m (instantiate $M
      (with "" (instance (export "f" (func $f)) (export "g" (func $g))))
      (with "memory" (instance $memory))))
    (func (export "tuple") (result u32) (canon lift (core func $m "tuple")))
    (func (export "payload") (result u32) (canon lift (core func $m "payload")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "tuple") (alias export $c "tuple"))
  (func (export "payload") (alias export $c "payload")))
