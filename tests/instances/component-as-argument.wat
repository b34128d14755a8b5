;; Components and core modules are imported by inner components and instantiated there.
;; call: run() => 30
(component
  (component $Ten
    (core module $M (func (export "f") (result i32) (i32.const 10)))
    (core instance $m (instantiate $M))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (core module $Twenty (func (export "f") (result i32) (i32.const 20)))
  (component $User
    (import "c" (component $C (export "f" (func (result u32)))))
    (import "m" (core module $M (export "f" (func (result i32)))))
    (instance $c (instantiate $C))
    (core instance $m (instantiate $M))
    (core func $f (canon lower (func $c "f")))
    (core module $R (import "" "f" (func $f (result i32))) (import "" "g" (func $g (result i32)))
      (func (export "run") (result i32) (i32.add (call $f) (call $g))))
    (core instance $r (instantiate $R (with "" (instance (export "f" (func $f)) (export "g" (func $m "f"))))))
    (func (export "run") (result u32) (canon lift (core func $r "run")))
    (export "c2" (component $C))
    (export "m2" (core module $M)))
  (instance $u (instantiate $User (with "c" (component $Ten)) (with "m" (core module $Twenty))))
  (alias export $u "c2" (component $C2))
  (instance (instantiate $C2))
  (export "run" (func $u "run")))
