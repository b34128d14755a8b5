;; Segments dropped in one instance of a module are there in the other.
;; call: run() => 7
;; call: gone() traps memory-out-of-bounds
(component
  (core module $M
    (memory $m 1) (table $t 2 funcref)
    (data $d "\07") (elem $e func $f)
    (func $f (result i32) (i32.const 0))
    (func (export "drop") (data.drop $d) (elem.drop $e))
    (func (export "use") (result i32)
      (memory.init $m $d (i32.const 0) (i32.const 0) (i32.const 1))
      (table.init $t $e (i32.const 1) (i32.const 0) (i32.const 1))
      (i32.add (i32.load8_u (i32.const 0)) (call_indirect (result i32) (i32.const 1)))))
  (core instance $x (instantiate $M))
  (core instance $y (instantiate $M))
  (core module $R
    (import "x" "drop" (func $drop)) (import "x" "use" (func $gone (result i32))) (import "y" "use" (func $use (result i32)))
    (func (export "run") (result i32) (call $drop) (call $use))
    (func (export "gone") (result i32) (call $drop) (call $gone)))
  (core instance $r (instantiate $R (with "x" (instance $x)) (with "y" (instance $y))))
  (func (export "run") (result u32) (canon lift (core func $r "run")))
  (func (export "gone") (result u32) (canon lift (core func $r "gone"))))
