;; Blocks and functions of several parameters and results; br_table with many labels.
;; call: run(0) => 3
;; call: run(1) => 30
;; call: run(99) => 300
(component
  (core module $pad (type (func (param f32 f64))) (func (export "x")))
  (core instance $pad (instantiate $pad))
  (core module $a
    (type $swap (func (param i32 i64) (result i64 i32)))
    (func $swap (export "swap") (type $swap) (local.get 1) (local.get 0)))
  (core instance $a (instantiate $a))
  (core module $b
    (import "a" "swap" (func $swap (param i32 i64) (result i64 i32)))
    (func (export "run") (param i32) (result i32)
      (i32.const 1) (i64.const 2)
      (block (param i32 i64) (result i64 i32) (call $swap))
      (loop (param i64 i32) (result i32) (drop) (i32.wrap_i64) (i32.const 1) (i32.add))
      (block $c (param i32) (result i32) (block $b (param i32) (result i32) (block $a (param i32) (result i32)
        (br_table $a $b $b $c (local.get 0)) )
        (return)) (i32.const 10) (i32.mul) (return))
      (i32.const 100) (i32.mul)))
  (core instance $b (instantiate $b (with "a" (instance $a))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $b "run"))))
