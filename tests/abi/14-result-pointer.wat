;; Item 14: the caller's pointer for results is checked, and so is the callee's.
;; call: good() => 3
;; call: misaligned() traps unaligned-pointer
;; call: beyond() traps memory-out-of-bounds
;; call: partly() traps memory-out-of-bounds
;; call: source-misaligned() traps unaligned-pointer
;; call: source-beyond() traps memory-out-of-bounds
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
    (func (export "f") (param i32) (result i32)
      (i32.store (i32.const 512) (i32.const 1)) (i32.store (i32.const 516) (i32.const 2)) (local.get 0)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "at" u32) (result (tuple u32 u32)) (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $C
    (import "p" (instance $p
      (export "f" (func (param "at" u32) (result (tuple u32 u32))))))
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
      (import "" "f" (func $f (param i32 i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (func (export "good") (result i32) (call $f (i32.const 512) (i32.const 64))
        (i32.add (i32.load (i32.const 64)) (i32.load (i32.const 68))))
      (func (export "misaligned") (result i32) (call $f (i32.const 512) (i32.const 66))
        (i32.add (i32.load (i32.const 64)) (i32.load (i32.const 68))))
      (func (export "beyond") (result i32) (call $f (i32.const 512) (i32.const 65536))
        (i32.add (i32.load (i32.const 64)) (i32.load (i32.const 68))))
      (func (export "partly") (result i32) (call $f (i32.const 512) (i32.const 65532))
        (i32.add (i32.load (i32.const 64)) (i32.load (i32.const 68))))
      (func (export "source-misaligned") (result i32) (call $f (i32.const 514) (i32.const 64))
        (i32.add (i32.load (i32.const 64)) (i32.load (i32.const 68))))
      (func (export "source-beyond") (result i32) (call $f (i32.const 65532) (i32.const 64))
        (i32.add (i32.load (i32.const 64)) (i32.load (i32.const 68)))))
    (core instance $m (instantiate $M
      (with "" (instance (export "f" (func $f))))
      (with "memory" (instance $memory))))
    (func (export "good") (result u32) (canon lift (core func $m "good")))
    (func (export "misaligned") (result u32) (canon lift (core func $m "misaligned")))
    (func (export "beyond") (result u32) (canon lift (core func $m "beyond")))
    (func (export "partly") (result u32) (canon lift (core func $m "partly")))
    (func (export "source-misaligned") (result u32) (canon lift (core func $m "source-misaligned")))
    (func (export "source-beyond") (result u32) (canon lift (core func $m "source-beyond")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "good") (alias export $c "good"))
  (func (export "misaligned") (alias export $c "misaligned"))
  (func (export "beyond") (alias export $c "beyond"))
  (func (export "partly") (alias export $c "partly"))
  (func (export "source-misaligned") (alias export $c "source-misaligned"))
  (func (export "source-beyond") (alias export $c "source-beyond")))
