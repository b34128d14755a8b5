;; The inner component's host import is provided by a sibling, which alone calls the host.
;; form: component
;; host: raw = 20
;; call: run() => 42
;; trace: raw()
(component
  (import "raw" (func $raw (result u32)))
  (component $Virtual
    (import "raw" (func $raw (result u32)))
    (core func $raw (canon lower (func $raw)))
    (core module $M (import "" "raw" (func $raw (result i32)))
      (func (export "now") (result i32) (i32.add (call $raw) (i32.const 1))))
    (core instance $m (instantiate $M (with "" (instance (export "raw" (func $raw))))))
    (func $now (result u32) (canon lift (core func $m "now")))
    (instance $clock (export "now" (func $now)))
    (export "demo:host/clock@0.2.0" (instance $clock)))
  (component $User
    (import "demo:host/clock@0.2.0" (instance $clock (export "now" (func (result u32)))))
    (core func $now (canon lower (func $clock "now")))
    (core module $M (import "" "now" (func $now (result i32)))
      (func (export "run") (result i32) (i32.mul (call $now) (i32.const 2))))
    (core instance $m (instantiate $M (with "" (instance (export "now" (func $now))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (component $Wrapped
    (import "raw" (func $raw (result u32)))
    (instance $v (instantiate $Virtual (with "raw" (func $raw))))
    (instance $u (instantiate $User (with "demo:host/clock@0.2.0" (instance $v "demo:host/clock@0.2.0"))))
    (export "run" (func $u "run")))
  (instance $w (instantiate $Wrapped (with "raw" (func $raw))))
  (export "run" (func $w "run")))
