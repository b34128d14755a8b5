;; An instance that calls what it lifts itself cannot enter itself.
;; call: run() traps cannot-enter
(component
  (core module $A (func (export "f") (result i32) (i32.const 1)))
  (core instance $a (instantiate $A))
  (func $f (result u32) (canon lift (core func $a "f")))
  (core func $f' (canon lower (func $f)))
  (core module $B (import "" "f" (func $f (result i32))) (func (export "run") (result i32) (call $f)))
  (core instance $b (instantiate $B (with "" (instance (export "f" (func $f'))))))
  (func (export "run") (result u32) (canon lift (core func $b "run"))))
