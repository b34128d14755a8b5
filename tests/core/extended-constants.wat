;; Constant expressions that compute, from imported constants, for globals, data and elements.
;; call: run() => 1212
(component
  (core module $a (global (export "base") i32 (i32.mul (i32.const 64) (i32.const 16))) (global (export "far") i64 (i64.const -4)))
  (core instance $a (instantiate $a))
  (core module $b
    (import "a" "base" (global $base i32))
    (import "a" "far" (global $far i64))
    (memory 1) (table 8 funcref)
    (global $here i32 (i32.sub (i32.add (global.get $base) (i32.const 100)) (i32.const 24)))
    (global $long i64 (i64.mul (global.get $far) (i64.const -3)))
    (data (i32.add (global.get $base) (i32.const 76)) "\64")
    (elem (i32.sub (global.get $base) (i32.const 1021)) func $f)
    (func $f (result i32) (i32.load8_u (global.get $here)))
    (func (export "run") (result i32)
      (i32.add (i32.add (global.get $here) (call_indirect (result i32) (i32.const 3))) (i32.wrap_i64 (global.get $long)))))
  (core instance $b (instantiate $b (with "a" (instance $a))))
  (func (export "run") (result u32) (canon lift (core func $b "run"))))
