;; Parameter names and enum cases that differ in case alone are the same.
;; call: run(1) => 1
(component
  (component $Provider
    (core module $M (func (export "f") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M))
    (type $side' (enum "left" "right"))
    (export $side "side" (type $side'))
    (func (export "f") (param "which" $side) (result u32) (canon lift (core func $m "f"))))
  (component $User
    (type $side' (enum "LEFT" "RIGHT"))
    (import "side" (type $side (eq $side')))
    (import "f" (func $f (param "WHICH" $side) (result u32)))
    (core func $low (canon lower (func $f)))
    (core module $M (import "" "f" (func $f (param i32) (result i32)))
      (func (export "run") (param i32) (result i32) (call $f (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $low))))))
    (func (export "run") (param "x" u32) (result u32) (canon lift (core func $m "run"))))
  (instance $p (instantiate $Provider))
  (instance $u (instantiate $User (with "side" (type $p "side")) (with "f" (func $p "f"))))
  (export "run" (func $u "run")))
