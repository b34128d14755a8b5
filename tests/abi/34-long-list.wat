;; Item 34: a list of 2²⁸ bytes passes.
;; call: run() => 268435463
(component
  (component $P
    (core module $M
    (memory (export "memory") 4097)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "f") (param i32 i32) (result i32)
      (i32.add (local.get 1) (i32.load8_u (i32.sub (i32.add (local.get 0) (local.get 1)) (i32.const 1))))))
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" (list u8)) (result u32) (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $C
    (import "p" (instance $p
      (export "f" (func (param "x" (list u8)) (result u32)))))
    (core module $Memory
    (memory (export "memory") 4097)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "log") (result i32) (i32.const 0)))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core module $M
      (import "" "f" (func $f (param i32 i32) (result i32)))
      (import "memory" "memory" (memory 4097))
      (import "memory" "log" (func $log (result i32)))
      (func (export "run") (result i32)
        (i32.store8 (i32.const 0x1000003f) (i32.const 7))
        (call $f (i32.const 64) (i32.const 0x10000000))))
    (core instance $m (instantiate $M
      (with "" (instance (export "f" (func $f))))
      (with "memory" (instance $memory))))
    (func (export "run") (result u32) (canon lift (core func $m "run")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "run") (alias export $c "run")))
