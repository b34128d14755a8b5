;; A lift's core function calls a table's slot, which holds a lower of that very lift: it ends where the slot's user says.
;; call: run(3) => 6
(component
  (core module $T (table (export "t") 2 funcref)
    (func (export "back") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))
    (func (export "ring") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 1))))
  (core instance $t (instantiate $T))
  (func $back (param "x" u32) (result u32) (canon lift (core func $t "back")))
  (func $ring (param "x" u32) (result u32) (canon lift (core func $t "ring")))
  (component $Child
    (import "back" (func $back (param "x" u32) (result u32)))
    (import "ring" (func $ring (param "x" u32) (result u32)))
    (core func $back (canon lower (func $back)))
    (core func $ring (canon lower (func $ring)))
    (core module $M (import "" "back" (func $back (param i32) (result i32)))
      (func (export "f") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
          (else (i32.add (local.get 0) (call $back (i32.sub (local.get 0) (i32.const 1))))))))
    (core instance $m (instantiate $M (with "" (instance (export "back" (func $back))))))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $m "f")))
    (func (export "ring") (param "x" u32) (result u32) (canon lift (core func $ring))))
  (instance $child (instantiate $Child (with "back" (func $back)) (with "ring" (func $ring))))
  (core func $f (canon lower (func $child "f")))
  (core func $ring' (canon lower (func $child "ring")))
  (core module $P
    (import "" "f" (func $f (param i32) (result i32)))
    (import "" "ring" (func $ring (param i32) (result i32)))
    (import "" "t" (table 2 funcref))
    (elem (i32.const 0) $f $ring)
    (func (export "run") (param i32) (result i32) (call $f (local.get 0))))
  (core instance $p (instantiate $P (with "" (instance
    (export "f" (func $f)) (export "ring" (func $ring')) (export "t" (table $t "t"))))))
  (func (export "run") (param "x" u32) (result u32) (canon lift (core func $p "run"))))
