;; Parent calls child, child calls a function of the parent, that calls the child again: all pass.
;; call: run(5) => 15
(component
  (core module $T (table (export "t") 1 funcref)
    (func (export "back") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))
  (core instance $t (instantiate $T))
  (func $back (param "x" u32) (result u32) (canon lift (core func $t "back")))
  (component $Child
    (import "back" (func $back (param "x" u32) (result u32)))
    (core func $back (canon lower (func $back)))
    (core module $M (import "" "back" (func $back (param i32) (result i32)))
      (func (export "f") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
          (else (i32.add (local.get 0) (call $back (i32.sub (local.get 0) (i32.const 1))))))))
    (core instance $m (instantiate $M (with "" (instance (export "back" (func $back))))))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $m "f"))))
  (instance $child (instantiate $Child (with "back" (func $back))))
  (core func $f (canon lower (func $child "f")))
  (core module $P (import "" "f" (func $f (param i32) (result i32))) (import "" "t" (table 1 funcref))
    (elem (i32.const 0) func $f)
    (func (export "run") (param i32) (result i32) (call $f (local.get 0))))
  (core instance $p (instantiate $P (with "" (instance (export "f" (func $f)) (export "t" (table $t "t"))))))
  (func (export "run") (param "x" u32) (result u32) (canon lift (core func $p "run"))))
