;; An instance calls another through its own table of lowered functions, chosen at run time.
;; call: run(0) => 10
;; call: run(1) => 20
;; call: run(2) traps indirect-call
(component
  (component $A (core module $M (func (export "f") (result i32) (i32.const 10)) (func (export "g") (result i32) (i32.const 20)) (func (export "h") (result i64) (i64.const 20)))
    (core instance $m (instantiate $M))
    (func (export "f") (result u32) (canon lift (core func $m "f"))) (func (export "g") (result u8) (canon lift (core func $m "g")))
    (func (export "h") (result u64) (canon lift (core func $m "h"))))
  (instance $a (instantiate $A))
  (core func $f (canon lower (func $a "f"))) (core func $g (canon lower (func $a "g"))) (core func $h (canon lower (func $a "h")))
  (core module $M (import "" "f" (func $f (result i32))) (import "" "g" (func $g (result i32))) (import "" "h" (func $h (result i64)))
    (table funcref (elem $f $g $h))
    (func (export "run") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))
  (core instance $m (instantiate $M (with "" (instance (export "f" (func $f)) (export "g" (func $g)) (export "h" (func $h))))))
  (func (export "run") (param "x" u32) (result u32) (canon lift (core func $m "run"))))
