;; A destructor that is a lowered function of another instance, and one that is a built-in drop.
;; call: run() => 12
(component
  (component $A
    (core module $M (global $n (mut i32) (i32.const 0))
      (func (export "note") (param i32) (global.set $n (i32.add (global.get $n) (local.get 0))))
      (func (export "noted") (result i32) (global.get $n)))
    (core instance $m (instantiate $M))
    (func (export "note") (param "x" u32) (canon lift (core func $m "note")))
    (func (export "noted") (result u32) (canon lift (core func $m "noted"))))
  (instance $a (instantiate $A))
  (core func $note (canon lower (func $a "note")))
  (core func $noted (canon lower (func $a "noted")))
  (type $inner (resource (rep i32) (dtor (core func $note))))
  (core func $new-inner (canon resource.new $inner))
  (core func $drop-inner (canon resource.drop $inner))
  (type $outer (resource (rep i32) (dtor (core func $drop-inner))))
  (core func $new-outer (canon resource.new $outer))
  (core func $drop-outer (canon resource.drop $outer))
  (core module $M
    (import "" "ni" (func $ni (param i32) (result i32))) (import "" "no" (func $no (param i32) (result i32)))
    (import "" "do" (func $do (param i32))) (import "" "di" (func $di (param i32))) (import "" "noted" (func $noted (result i32)))
    (func (export "run") (result i32)
      (call $do (call $no (call $ni (i32.const 5))))
      (call $di (call $ni (i32.const 7)))
      (call $noted)))
  (core instance $m (instantiate $M (with "" (instance (export "ni" (func $new-inner)) (export "no" (func $new-outer))
    (export "do" (func $drop-outer)) (export "di" (func $drop-inner)) (export "noted" (func $noted))))))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
