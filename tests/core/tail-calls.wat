;; Tail calls to own, imported and indirect functions and by reference: a million deep.
;; call: run(1000000) => 7
(component
  (core module $a
    (type $f (func (param i32) (result i32)))
    (table (export "t") 1 funcref)
    (func $down (export "down") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
      (return_call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))
  (core instance $a (instantiate $a))
  (core module $b
    (type $g (func (param i32) (result i32)))
    (import "a" "down" (func $down (type $g)))
    (import "a" "t" (table 1 funcref))
    (elem (i32.const 0) func $here)
    (elem declare func $down)
    (func $here (type $g) (return_call_ref $g (local.get 0) (ref.func $down)))
    (func (export "run") (type $g) (return_call $down (local.get 0))))
  (core instance $b (instantiate $b (with "a" (instance $a))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $b "run"))))
