;; One component twice: state of its own each, resources too.
;; call: run() => 12
;; call: run() => 24
(component
  (component $C
    (core module $M (global $n (mut i32) (i32.const 0))
      (func (export "count") (param i32) (result i32)
        (global.set $n (i32.add (global.get $n) (local.get 0))) (global.get $n)))
    (core instance $m (instantiate $M))
    (func (export "count") (param "by" u32) (result u32) (canon lift (core func $m "count"))))
  (instance $one (instantiate $C))
  (instance $two (instantiate $C))
  (core func $one (canon lower (func $one "count")))
  (core func $two (canon lower (func $two "count")))
  (core module $M
    (import "" "one" (func $one (param i32) (result i32)))
    (import "" "two" (func $two (param i32) (result i32)))
    (func (export "run") (result i32)
      (i32.add (i32.mul (i32.const 10) (call $one (i32.const 1))) (call $two (i32.const 2)))))
  (core instance $m (instantiate $M (with "" (instance (export "one" (func $one)) (export "two" (func $two))))))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
