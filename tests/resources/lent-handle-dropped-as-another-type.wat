;; Section 5: a lent own dropped as another type: that it is lent comes before that its type is wrong.
;; call: fine() => 42
;; call: run() traps handle-lent
(component
  ;; The definer: its resource counts destructors.
  (component $D
    (core module $S
      (global $drops (mut i32) (i32.const 0))
      (func (export "dtor") (param i32)
        (global.set $drops (i32.add (global.get $drops) (i32.const 1))))
      (func (export "drops") (result i32) (global.get $drops)))
    (core instance $s (instantiate $S))
    (type $r (resource (rep i32) (dtor (core func $s "dtor"))))
    (export $R "r" (type $r))
    (core func $new (canon resource.new $r))
    (core func $drop (canon resource.drop $r))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "get") (param i32) (result i32) (local.get 0))
      (func (export "take") (param i32) (result i32)
        (call $drop (local.get 0)) (local.get 0))
      (func (export "both") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1))))
    (core instance $m (instantiate $M (with "" (instance
      (export "new" (func $new)) (export "drop" (func $drop))))))
    (func (export "make") (param "rep" u32) (result (own $R)) (canon lift (core func $m "make")))
    (func (export "get") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "get")))
    (func (export "take") (param "r" (own $R)) (result u32) (canon lift (core func $m "take")))
    (func (export "borrow-own") (param "b" (borrow $R)) (param "o" (own $R)) (result u32)
      (canon lift (core func $m "both")))
    (func (export "own-borrow") (param "o" (own $R)) (param "b" (borrow $R)) (result u32)
      (canon lift (core func $m "both")))
    (func (export "get2") (param "a" (borrow $R)) (param "b" (borrow $R)) (result u32)
      (canon lift (core func $m "both")))
    (func (export "drops") (result u32) (canon lift (core func $s "drops"))))
  (component $P
    (import "d" (instance $d
      (export "r" (type $X (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $X))))
      (export "get" (func (param "r" (borrow $X)) (result u32)))))
    (alias export $d "r" (type $R))
    (type $other (resource (rep i32)))
    (core func $drop (canon resource.drop $other))
    (core func $make (canon lower (func $d "make")))
    (core module $State
      (import "" "drop" (func $drop (param i32)))
      (global $held (export "held") (mut i32) (i32.const 0))
      (func (export "back") (call $drop (global.get $held))))
    (core instance $state (instantiate $State (with "" (instance (export "drop" (func $drop))))))
    (func $back (canon lift (core func $state "back")))
    (component $Child
      (import "d" (instance $d
        (export "r" (type $X (sub resource)))
        (export "get" (func (param "r" (borrow $X)) (result u32)))))
      (alias export $d "r" (type $R))
      (import "back" (func $back))
      (core func $drop (canon resource.drop $R))
      (core func $get (canon lower (func $d "get")))
      (core func $lowered (canon lower (func $back)))
      (core module $M
        (import "" "drop" (func $drop (param i32)))
        (import "" "get" (func $get (param i32) (result i32)))
        (import "" "back" (func $back))
        (func (export "use") (param i32 i32) (result i32) (local i32)
          (if (local.get 1) (then (call $back)))
          (local.set 2 (call $get (local.get 0)))
          (call $drop (local.get 0))
          (local.get 2)))
      (core instance $m (instantiate $M (with "" (instance
        (export "drop" (func $drop)) (export "get" (func $get)) (export "back" (func $lowered))))))
      (func (export "use") (param "r" (borrow $R)) (param "back" bool) (result u32)
        (canon lift (core func $m "use"))))
    (instance $child (instantiate $Child (with "d" (instance $d)) (with "back" (func $back))))
    (core func $use (canon lower (func $child "use")))
    (core module $M
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "use" (func $use (param i32 i32) (result i32)))
      (import "" "held" (global $held (mut i32)))
      (func (export "fine") (result i32)
        (call $use (call $make (i32.const 42)) (i32.const 0)))
      (func (export "run") (result i32)
        (global.set $held (call $make (i32.const 42)))
        (call $use (global.get $held) (i32.const 1))))
    (core instance $m (instantiate $M (with "" (instance
      (export "make" (func $make)) (export "use" (func $use)) (export "held" (global $state "held"))))))
    (func (export "fine") (result u32) (canon lift (core func $m "fine")))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $d (instantiate $D))
  (instance $p (instantiate $P (with "d" (instance $d))))
  (export "fine" (func $p "fine"))
  (export "run" (func $p "run")))
