;; Context slots: a start function begins at 0, also after another one of its instance, and what it leaves nobody sees.
;; call: seen() => 100
;; call: seen() => 100
(component
  (core func $get (canon context.get i32 0))
  (core func $set (canon context.set i32 0))
  (core module $First
    (import "" "get" (func $get (result i32))) (import "" "set" (func $set (param i32)))
    (global (export "seen") (mut i32) (i32.const 0))
    (func $start (call $set (i32.const 7)))
    (start $start))
  (core instance $first (instantiate $First (with "" (instance (export "get" (func $get)) (export "set" (func $set))))))
  (core module $Second
    (import "" "get" (func $get (result i32))) (import "" "set" (func $set (param i32)))
    (import "first" "seen" (global $seen (mut i32)))
    (func $start (global.set $seen (i32.add (i32.const 100) (call $get))) (call $set (i32.const 8)))
    (start $start)
    (func (export "seen") (result i32) (i32.add (global.get $seen) (call $get))))
  (core instance $second (instantiate $Second
    (with "first" (instance $first))
    (with "" (instance (export "get" (func $get)) (export "set" (func $set))))))
  (func (export "seen") (result u32) (canon lift (core func $second "seen"))))
