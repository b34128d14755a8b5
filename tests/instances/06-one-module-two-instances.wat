;; One module as two core instances: memories, tables, globals and their own function references.
;; call: run() => 507
(component
  (core module $M (memory (export "m") 1) (table (export "t") 1 funcref)
    (global $g (mut i32) (i32.const 0)) (elem (i32.const 0) func $get)
    (func $get (result i32) (i32.add (global.get $g) (i32.load (i32.const 0))))
    (func (export "set") (param i32) (global.set $g (local.get 0)))
    (func (export "get") (result i32) (call_indirect (result i32) (i32.const 0))))
  (core instance $x (instantiate $M))
  (core instance $y (instantiate $M))
  (core module $R
    (import "x" "m" (memory $x 1)) (import "y" "m" (memory $y 1))
    (import "x" "set" (func $sx (param i32))) (import "y" "set" (func $sy (param i32)))
    (import "x" "get" (func $gx (result i32))) (import "y" "get" (func $gy (result i32)))
    (func (export "run") (result i32)
      (i32.store $x (i32.const 0) (i32.const 1)) (call $sx (i32.const 4))
      (i32.store $y (i32.const 0) (i32.const 2)) (call $sy (i32.const 5))
      (i32.add (i32.mul (call $gx) (i32.const 100)) (call $gy))))
  (core instance $r (instantiate $R (with "x" (instance $x)) (with "y" (instance $y))))
  (func (export "run") (result u32) (canon lift (core func $r "run"))))
