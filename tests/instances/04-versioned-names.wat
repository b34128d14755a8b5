;; Versioned interface names: the same interface in two versions is two imports.
;; form: component
;; host: demo:host/clock@0.2.0#now = 2
;; host: demo:host/clock@0.3.1-rc.1+build#now = 3
;; call: demo:api/run@1.0.0#run() => 23
;; trace: demo:host/clock@0.2.0#now()
;; trace: demo:host/clock@0.3.1-rc.1+build#now()
(component
  (import "demo:host/clock@0.2.0" (instance $old (export "now" (func (result u32)))))
  (import "demo:host/clock@0.3.1-rc.1+build" (instance $new (export "now" (func (result u32)))))
  (component $C
    (import "demo:host/clock@0.2.0" (instance $old (export "now" (func (result u32)))))
    (import "demo:host/clock@0.3.1-rc.1+build" (instance $new (export "now" (func (result u32)))))
    (core func $old (canon lower (func $old "now")))
    (core func $new (canon lower (func $new "now")))
    (core module $M (import "demo:host/clock@0.2.0" "now" (func $old (result i32)))
      (import "demo:host/clock@0.3.1-rc.1+build" "now" (func $new (result i32)))
      (func (export "run") (result i32) (i32.add (i32.mul (call $old) (i32.const 10)) (call $new))))
    (core instance $m (instantiate $M
      (with "demo:host/clock@0.2.0" (instance (export "now" (func $old))))
      (with "demo:host/clock@0.3.1-rc.1+build" (instance (export "now" (func $new))))))
    (func $run (result u32) (canon lift (core func $m "run")))
    (instance $api (export "run" (func $run)))
    (export "demo:api/run@1.0.0" (instance $api)))
  (instance $c (instantiate $C (with "demo:host/clock@0.2.0" (instance $old))
    (with "demo:host/clock@0.3.1-rc.1+build" (instance $new))))
  (export "demo:api/run@1.0.0" (instance $c "demo:api/run@1.0.0")))
