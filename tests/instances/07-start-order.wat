;; Starts run in the order of instantiation, across components, each seeing what ran before.
;; form: component
;; call: run() => 321
;; trace: log(0, 1)
;; trace: log(1, 2)
;; trace: log(12, 3)
(component
  (import "log" (func $log (param "before" u32) (param "id" u32)))
  (component $State
    (core module $M (global $n (mut i32) (i32.const 0))
      (func (export "add") (param i32) (result i32) (local $old i32)
        (local.set $old (global.get $n))
        (global.set $n (i32.add (i32.mul (local.get $old) (i32.const 10)) (local.get 0)))
        (local.get $old)))
    (core instance $m (instantiate $M))
    (func (export "add") (param "x" u32) (result u32) (canon lift (core func $m "add"))))
  (instance $state (instantiate $State))
  (component $Starter
    (import "log" (func $log (param "before" u32) (param "id" u32)))
    (import "add" (func $add (param "x" u32) (result u32)))
    (import "id" (instance $id (export "id" (func (result u32)))))
    (core func $log (canon lower (func $log)))
    (core func $add (canon lower (func $add)))
    (core func $id (canon lower (func $id "id")))
    (core module $M
      (import "" "log" (func $log (param i32 i32)))
      (import "" "add" (func $add (param i32) (result i32)))
      (import "" "id" (func $id (result i32)))
      (global $seen (mut i32) (i32.const 0))
      (func $start (global.set $seen (call $add (call $id))) (call $log (global.get $seen) (call $id)))
      (start $start)
      (func (export "id") (result i32) (i32.add (call $id) (i32.const 1))))
    (core instance $m (instantiate $M (with "" (instance
      (export "log" (func $log)) (export "add" (func $add)) (export "id" (func $id))))))
    (func (export "id") (result u32) (canon lift (core func $m "id"))))
  (component $First
    (core module $M (func (export "id") (result i32) (i32.const 1)))
    (core instance $m (instantiate $M))
    (func (export "id") (result u32) (canon lift (core func $m "id"))))
  (instance $first (instantiate $First))
  (instance $a (instantiate $Starter (with "log" (func $log)) (with "add" (func $state "add")) (with "id" (instance $first))))
  (instance $b (instantiate $Starter (with "log" (func $log)) (with "add" (func $state "add")) (with "id" (instance $a))))
  (instance $c (instantiate $Starter (with "log" (func $log)) (with "add" (func $state "add")) (with "id" (instance $b))))
  (core func $add (canon lower (func $state "add")))
  (core module $M (import "" "add" (func $add (param i32) (result i32)))
    (func (export "run") (result i32) (i32.add (call $add (i32.const 0)) (i32.const 198))))
  (core instance $m (instantiate $M (with "" (instance (export "add" (func $add))))))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
