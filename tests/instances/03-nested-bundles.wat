;; Functions pass through bundles in bundles, under other names.
;; call: run() => 42
(component
  (component $A
    (core module $M (func (export "f") (result i32) (i32.const 42)))
    (core instance $m (instantiate $M))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (instance $a (instantiate $A))
  (instance $x (export "g" (func $a "f")))
  (instance $y (export "x" (instance $x)) (export "again" (instance $a)))
  (instance $z (export "deep" (instance $y)))
  (component $B
    (import "z" (instance $z (export "deep" (instance
      (export "x" (instance (export "g" (func (result u32)))))))))
    (core func $g (canon lower (func $z "deep" "x" "g")))
    (core module $M (import "" "g" (func $g (result i32))) (func (export "run") (result i32) (call $g)))
    (core instance $m (instantiate $M (with "" (instance (export "g" (func $g))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $b (instantiate $B (with "z" (instance $z))))
  (export "run" (func $b "run")))
