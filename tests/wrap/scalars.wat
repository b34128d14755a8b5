;; Scalars in and out of the host, at the root and in an interface; nothing needs memory.
(component
  (import "tap" (func $tap (param "kind" u32) (param "rep" u32)))
  (import "example:host/numbers@1.2.3" (instance $numbers
    (export "half" (func (param "x" f64) (result f64)))
    (export "many" (func (param "a" u8) (param "b" s16) (param "c" char) (param "d" u64) (result bool)))))
  (component $c
    (import "tap" (func $tap (param "kind" u32) (param "rep" u32)))
    (import "numbers" (instance $numbers
      (export "half" (func (param "x" f64) (result f64)))
      (export "many" (func (param "a" u8) (param "b" s16) (param "c" char) (param "d" u64) (result bool)))))
    (core func $tap' (canon lower (func $tap)))
    (core func $half (canon lower (func $numbers "half")))
    (core func $many (canon lower (func $numbers "many")))
    (core module $m
      (import "" "tap" (func $tap (param i32 i32)))
      (import "" "half" (func $half (param f64) (result f64)))
      (import "" "many" (func $many (param i32 i32 i32 i64) (result i32)))
      (func $start (call $tap (i32.const 0) (i32.const 99)))
      (start $start)
      (func (export "go") (param f64) (result i32)
        (call $tap (i32.const 1) (i32.trunc_f64_s (call $half (local.get 0))))
        (call $many (i32.const 0x107) (i32.const -2) (i32.const 0x20ac) (i64.const -1))))
    (core instance $i (instantiate $m (with "" (instance
      (export "tap" (func $tap')) (export "half" (func $half)) (export "many" (func $many))))))
    (func (export "go") (param "x" f64) (result bool) (canon lift (core func $i "go"))))
  (instance $i (instantiate $c (with "tap" (func $tap)) (with "numbers" (instance $numbers))))
  (export "go" (func $i "go"))
  (export "again" (func $i "go")))
