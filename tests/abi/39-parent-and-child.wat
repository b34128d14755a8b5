;; Item 39: a parent calls its child, which calls its parent back.
;; call: run() => 13
(component
  (component $Parent
    (core module $A
      (global $g (export "g") (mut i32) (i32.const 0))
      (func (export "up") (param i32) (result i32) (global.set $g (i32.const 10)) (i32.add (local.get 0) (i32.const 1))))
    (core instance $a (instantiate $A))
    (func $up (param "x" u32) (result u32) (canon lift (core func $a "up")))
    (component $Child
      (import "up" (func $up (param "x" u32) (result u32)))
      (core func $up (canon lower (func $up)))
      (core module $M (import "" "up" (func $up (param i32) (result i32)))
        (func (export "down") (param i32) (result i32) (i32.add (call $up (local.get 0)) (i32.const 1))))
      (core instance $m (instantiate $M (with "" (instance (export "up" (func $up))))))
      (func (export "down") (param "x" u32) (result u32) (canon lift (core func $m "down"))))
    (instance $child (instantiate $Child (with "up" (func $up))))
    (core func $down (canon lower (func $child "down")))
    (core module $B (import "" "down" (func $down (param i32) (result i32))) (import "a" "g" (global $g (mut i32)))
      (func (export "run") (result i32) (i32.add (call $down (i32.const 1)) (global.get $g))))
    (core instance $b (instantiate $B (with "" (instance (export "down" (func $down)))) (with "a" (instance $a))))
    (func (export "run") (result u32) (canon lift (core func $b "run"))))
  (instance $p (instantiate $Parent))
  (func (export "run") (alias export $p "run"))
)
