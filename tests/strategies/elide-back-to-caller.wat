;; A pass-through that forwards to its parent, which calls it: who called itself instead could not be entered.
;; call: run() => 1052
(component
  (component $D
    (core module $State
      (global $gone (mut i32) (i32.const 0))
      (func (export "dtor") (param i32) (global.set $gone (i32.add (global.get $gone) (i32.const 1))))
      (func (export "gone") (result i32) (global.get $gone)))
    (core instance $state (instantiate $State))
    (type $cell (resource (rep i32) (dtor (core func $state "dtor"))))
    (core func $new (canon resource.new $cell))
    (core module $Code
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "get") (param i32) (result i32) (local.get 0)))
    (core instance $code (instantiate $Code (with "" (instance (export "new" (func $new))))))
    (func $make (param "value" u32) (result (own $cell)) (canon lift (core func $code "make")))
    (func $get (param "a" (borrow $cell)) (result u32) (canon lift (core func $code "get")))
    (instance $leaf (export "cell" (type $cell)) (export "make" (func $make)) (export "get" (func $get)))
    (component $Middle
      (import "leaf" (instance $leaf
        (export "cell" (type $X (sub resource)))
        (export "make" (func (param "value" u32) (result (own $X))))
        (export "get" (func (param "a" (borrow $X)) (result u32)))))
      (alias export $leaf "cell" (type $Inner))
      (core func $drop (canon resource.drop $Inner))
      (core func $make (canon lower (func $leaf "make")))
      (core func $get (canon lower (func $leaf "get")))
      (core module $State
        (import "" "drop" (func $drop (param i32)))
        (func (export "dtor") (param i32) (call $drop (local.get 0))))
      (core instance $state (instantiate $State (with "" (instance (export "drop" (func $drop))))))
      (type $cell (resource (rep i32) (dtor (core func $state "dtor"))))
      (export $Cell "cell" (type $cell))
      (core func $new (canon resource.new $cell))
      (core module $Code
        (import "" "make" (func $make (param i32) (result i32)))
        (import "" "get" (func $get (param i32) (result i32)))
        (import "" "new" (func $new (param i32) (result i32)))
        (func (export "make") (param i32) (result i32) (call $new (call $make (local.get 0))))
        (func (export "get") (param i32) (result i32) (call $get (local.get 0))))
      (core instance $code (instantiate $Code
        (with "" (instance (export "make" (func $make)) (export "get" (func $get)) (export "new" (func $new))))))
      (func (export "make") (param "value" u32) (result (own $Cell)) (canon lift (core func $code "make")))
      (func (export "get") (param "a" (borrow $Cell)) (result u32) (canon lift (core func $code "get"))))
    (instance $middle (instantiate $Middle (with "leaf" (instance $leaf))))
    (alias export $middle "cell" (type $Cell))
    (core func $drop2 (canon resource.drop $Cell))
    (core func $make2 (canon lower (func $middle "make")))
    (core func $get2 (canon lower (func $middle "get")))
    (core module $Run
      (import "" "drop" (func $drop (param i32)))
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "get" (func $get (param i32) (result i32)))
      (import "" "gone" (func $gone (result i32)))
      (func (export "run") (result i32) (local $a i32) (local $sum i32)
        (local.set $a (call $make (i32.const 52)))
        (local.set $sum (call $get (local.get $a)))
        (call $drop (local.get $a))
        (i32.add (local.get $sum) (i32.mul (call $gone) (i32.const 1000)))))
    (core instance $run (instantiate $Run (with "" (instance (export "drop" (func $drop2)) (export "make" (func $make2)) (export "get" (func $get2)) (export "gone" (func $state "gone"))))))
    (func (export "run") (result u32) (canon lift (core func $run "run"))))
  (instance $d (instantiate $D))
  (export "run" (func $d "run")))
