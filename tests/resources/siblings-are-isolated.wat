;; Item 54: two instances of one component have tables of their own.
;; call: first() => 1
;; call: first() => 2
;; call: second() => 1
;; call: get() => 16
;; call: forged() traps unknown-handle
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
  (component $C
    (import "d" (instance $d
        (export "r" (type $X (sub resource)))
        (export "make" (func (param "rep" u32) (result (own $X))))
        (export "get" (func (param "r" (borrow $X)) (result u32)))))
    (alias export $d "r" (type $R))
    (core func $d-drop (canon resource.drop $R))
    (core func $d-make (canon lower (func $d "make")))
    (core func $d-get (canon lower (func $d "get")))
    (core module $M
        (import "d" "drop" (func $d-drop (param i32)))
        (import "d" "make" (func $d-make (param i32) (result i32)))
        (import "d" "get" (func $d-get (param i32) (result i32)))
        (func (export "make") (param i32) (result i32) (call $d-make (local.get 0)))
        (func (export "get") (param i32) (result i32) (call $d-get (local.get 0))))
    (core instance $m (instantiate $M
      (with "d" (instance
        (export "drop" (func $d-drop))
        (export "make" (func $d-make))
        (export "get" (func $d-get))))))
    (func (export "make") (param "n" u32) (result u32) (canon lift (core func $m "make")))
    (func (export "get") (param "n" u32) (result u32) (canon lift (core func $m "get"))))
  (component $P
    (import "a" (instance $a (export "make" (func (param "n" u32) (result u32))) (export "get" (func (param "n" u32) (result u32)))))
    (import "b" (instance $b (export "make" (func (param "n" u32) (result u32))) (export "get" (func (param "n" u32) (result u32)))))
    (core func $a-make (canon lower (func $a "make")))
    (core func $b-make (canon lower (func $b "make")))
    (core func $b-get (canon lower (func $b "get")))
    (core module $M
      (import "" "a-make" (func $a-make (param i32) (result i32)))
      (import "" "b-make" (func $b-make (param i32) (result i32)))
      (import "" "b-get" (func $b-get (param i32) (result i32)))
      (func (export "first") (result i32) (call $a-make (i32.const 8)))
      (func (export "second") (result i32) (call $b-make (i32.const 16)))
      (func (export "get") (result i32) (call $b-get (i32.const 1)))
      (func (export "forged") (result i32) (call $b-get (i32.const 2))))
    (core instance $m (instantiate $M (with "" (instance
      (export "a-make" (func $a-make)) (export "b-make" (func $b-make)) (export "b-get" (func $b-get))))))
    (func (export "first") (result u32) (canon lift (core func $m "first")))
    (func (export "second") (result u32) (canon lift (core func $m "second")))
    (func (export "get") (result u32) (canon lift (core func $m "get")))
    (func (export "forged") (result u32) (canon lift (core func $m "forged"))))
  (instance $d (instantiate $D))
  (instance $a (instantiate $C (with "d" (instance $d))))
  (instance $b (instantiate $C (with "d" (instance $d))))
  (instance $p (instantiate $P (with "a" (instance $a)) (with "b" (instance $b))))
  (export "first" (func $p "first"))
  (export "second" (func $p "second"))
  (export "get" (func $p "get"))
  (export "forged" (func $p "forged")))
