;; A re-exporter lends its resource to a child of its own, which calls it back for the representation before.
;; Neither is there before the other.
;; call: run() => 42
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
    (core module $A
      (import "" "drop" (func (param i32)))
      (func (export "one") (result i32) (i32.const 1)))
    (core instance $a (instantiate $A (with "" (instance (export "drop" (func $drop))))))
    (func $one (result u32) (canon lift (core func $a "one")))
    (component $Child
      (import "r" (type $r (sub resource)))
      (import "one" (func $one (result u32)))
      (core func $drop (canon resource.drop $r))
      (core func $one' (canon lower (func $one)))
      (core module $M
        (import "" "drop" (func $drop (param i32)))
        (import "" "one" (func (result i32)))
        (func (export "look") (param i32) (result i32) (call $drop (local.get 0)) (i32.const 42)))
      (core instance $m (instantiate $M (with "" (instance
        (export "drop" (func $drop)) (export "one" (func $one'))))))
      (func (export "look") (param "r" (borrow $r)) (result u32) (canon lift (core func $m "look"))))
    (instance $child (instantiate $Child (with "r" (type $r)) (with "one" (func $one))))
    (core func $look (canon lower (func $child "look")))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "look" (func $look (param i32) (result i32)))
      (func (export "get") (result i32) (call $look (call $new (i32.const 5)))))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new)) (export "look" (func $look))))))
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
