;; `context.get` and `context.set` lifted as they are, and one as destructor: each call is a task with a slot of its own.
;; call: put(4) =>
;; call: slot() => 0
;; call: run() => 3
(component
  (component $Keeper
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (type $r' (resource (rep i32) (dtor (core func $set))))
    (core func $new (canon resource.new $r'))
    (export $r "r" (type $r'))
    (func (export "mk") (param "rep" u32) (result (own $r)) (canon lift (core func $new)))
    (func (export "put") (param "x" u32) (canon lift (core func $set)))
    (func (export "slot") (result u32) (canon lift (core func $get))))
  (instance $k (instantiate $Keeper))
  (component $User
    (import "r" (type $r (sub resource)))
    (import "mk" (func $mk (param "rep" u32) (result (own $r))))
    (import "put" (func $put (param "x" u32)))
    (core func $mk' (canon lower (func $mk)))
    (core func $put' (canon lower (func $put)))
    (core func $drop (canon resource.drop $r))
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $M
      (import "" "mk" (func $mk (param i32) (result i32)))
      (import "" "put" (func $put (param i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (func (export "run") (result i32)
        (call $set (i32.const 3))
        (call $put (i32.const 50))
        (call $drop (call $mk (i32.const 60)))
        (call $get)))
    (core instance $m (instantiate $M (with "" (instance
      (export "mk" (func $mk')) (export "put" (func $put')) (export "drop" (func $drop))
      (export "get" (func $get)) (export "set" (func $set))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $u (instantiate $User (with "r" (type $k "r")) (with "mk" (func $k "mk")) (with "put" (func $k "put"))))
  (export "put" (func $k "put"))
  (export "slot" (func $k "slot"))
  (export "run" (func $u "run")))
