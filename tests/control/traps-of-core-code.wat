;; Traps of guests' own code keep their class.
;; call: divide() traps divide-by-zero
(component
  (component $A
    (core module $M (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0))))
    (core instance $m (instantiate $M))
    (func (export "divide") (param "x" u32) (result u32) (canon lift (core func $m "divide"))))
  (instance $a (instantiate $A))
  (core func $f (canon lower (func $a "divide")))
  (core module $M (import "" "f" (func $f (param i32) (result i32))) (func (export "run") (result i32) (call $f (i32.const 0))))
  (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
  (func (export "divide") (result u32) (canon lift (core func $m "run"))))
