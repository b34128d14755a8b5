;; A re-exporter that calls a function of its own may not be entered, whether it stays un-fused or not.
;; call: run() traps cannot-enter
(component
  (component $D
    (type $r (resource (rep i32)))
    (export "r" (type $r)))
  (component $W
    (import "d" (instance $d (export "r" (type (sub resource)))))
    (alias export $d "r" (type $inner))
    (core func $drop (canon resource.drop $inner))
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core module $A (func (export "seven") (result i32) (i32.const 7)))
    (core instance $a (instantiate $A))
    (func $seven (result u32) (canon lift (core func $a "seven")))
    (core func $again (canon lower (func $seven)))
    (core module $M
      (import "" "drop" (func (param i32)))
      (import "" "new" (func (param i32) (result i32)))
      (import "" "again" (func $again (result i32)))
      (func (export "get") (result i32) (call $again)))
    (core instance $m (instantiate $M (with "" (instance
      (export "drop" (func $drop)) (export "new" (func $new)) (export "again" (func $again))))))
    (export "r" (type $r))
    (func (export "get") (result u32) (canon lift (core func $m "get"))))
  (component $C
    (import "w" (instance $w (export "get" (func (result u32)))))
    (core func $get (canon lower (func $w "get")))
    (core module $M
      (import "" "get" (func $get (result i32)))
      (func (export "run") (result i32) (call $get)))
    (core instance $m (instantiate $M (with "" (instance (export "get" (func $get))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $d (instantiate $D))
  (instance $w (instantiate $W (with "d" (instance $d))))
  (instance $c (instantiate $C (with "w" (instance $w))))
  (export "run" (func $c "run")))
