;; A callee writes its context slot through a shim, whose table alone names it: it begins at 0, and the caller's stays.
;; form: component
;; call: run() => 205
(component
  (component $A
    (core module $shim (type $set (func (param i32))) (type $get (func (result i32)))
      (table (export "$imports") 2 2 funcref)
      (func (export "0") (type $set) (call_indirect (type $set) (local.get 0) (i32.const 0)))
      (func (export "1") (type $get) (call_indirect (type $get) (i32.const 1))))
    (core instance $shim (instantiate $shim))
    (core module $M (import "" "0" (func $set (param i32))) (import "" "1" (func $get (result i32)))
      (func (export "f") (result i32)
        (if (call $get) (then unreachable)) (call $set (i32.const 200)) (call $get)))
    (core instance $m (instantiate $M (with "" (instance $shim))))
    (core func $set (canon context.set i32 0))
    (core func $get (canon context.get i32 0))
    (core module $fix (import "" "0" (func $set (param i32))) (import "" "1" (func $get (result i32)))
      (import "" "$imports" (table 2 2 funcref)) (elem (i32.const 0) func $set $get))
    (core instance (instantiate $fix (with "" (instance
      (export "0" (func $set)) (export "1" (func $get)) (export "$imports" (table $shim "$imports"))))))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (component $B
    (import "f" (func $f (result u32)))
    (core func $f (canon lower (func $f)))
    (core func $set (canon context.set i32 0))
    (core func $get (canon context.get i32 0))
    (core module $M
      (import "" "f" (func $f (result i32))) (import "" "set" (func $set (param i32))) (import "" "get" (func $get (result i32)))
      (func (export "run") (result i32)
        (call $set (i32.const 5)) (i32.add (call $f) (call $get))))
    (core instance $m (instantiate $M (with "" (instance
      (export "f" (func $f)) (export "set" (func $set)) (export "get" (func $get))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $a (instantiate $A))
  (instance $b (instantiate $B (with "f" (func $a "f"))))
  (export "run" (func $b "run")))
