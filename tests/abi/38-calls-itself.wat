;; Item 38: an instance that calls a lift of its own traps.
;; call: run() traps cannot-enter
;; call: other() => 3
(component
  (component $P
    (core module $A (func (export "f") (result i32) (i32.const 3)))
    (core instance $a (instantiate $A))
    (func $f (result u32) (canon lift (core func $a "f")))
    (core func $g (canon lower (func $f)))
    (core module $B (import "" "g" (func $g (result i32))) (func (export "run") (result i32) (call $g)))
    (core instance $b (instantiate $B (with "" (instance (export "g" (func $g))))))
    (func (export "run") (result u32) (canon lift (core func $b "run")))
    (func (export "other") (result u32) (canon lift (core func $a "f"))))
  (instance $p (instantiate $P))
  (func (export "run") (alias export $p "run"))
  (func (export "other") (alias export $p "other"))
)
