;; Vectors: plain and relaxed operations, lanes, loads of one lane, constants and shuffles.
;; call: run() => 102
(component
  (core module $a
    (memory (export "m") 1)
    (global (export "v") v128 (v128.const i32x4 1 2 3 4))
    (func (export "add") (param v128 v128) (result v128) (i32x4.add (local.get 0) (local.get 1))))
  (core instance $a (instantiate $a))
  (core module $b
    (import "a" "m" (memory 1))
    (import "a" "v" (global $v v128))
    (import "a" "add" (func $add (param v128 v128) (result v128)))
    (memory $own 1)
    (global $w v128 (global.get $v))
    (func (export "run") (result i32) (local $x v128)
      (v128.store (i32.const 16) (call $add (global.get $v) (global.get $w)))
      (v128.store32_lane $own 2 (i32.const 4) (v128.load (i32.const 16)))
      (local.set $x (v128.load32_splat $own (i32.const 4)))
      (local.set $x (i8x16.shuffle 0 1 2 3 20 21 22 23 8 9 10 11 28 29 30 31 (local.get $x) (local.get $x)))
      (local.set $x (i8x16.relaxed_swizzle (local.get $x) (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)))
      (local.set $x (f32x4.convert_i32x4_s (local.get $x)))
      (local.set $x (f32x4.relaxed_madd (local.get $x) (f32x4.splat (f32.const 16)) (f32x4.splat (f32.const 4))))
      (local.set $x (i32x4.trunc_sat_f32x4_s (local.get $x)))
      (i32.add (i32x4.extract_lane 0 (local.get $x))
        (i32x4.extract_lane 1 (v128.load32_lane 1 (i32.const 16) (i32x4.splat (i32.const 3)) (; from memory 0 ;)))))
    )
  (core instance $b (instantiate $b (with "a" (instance $a))))
  (func (export "run") (result u32) (canon lift (core func $b "run"))))
