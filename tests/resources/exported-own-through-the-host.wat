;; Item 59: an own that the root exports goes to the host and comes back; its destructor runs once.
;; The host drops one itself, too. A handle that was inside before keeps its identity to the host.
;; form: component
;; call: things#make(8) => {"handle": 0}
;; call: things#get({"handle": 0}) => 8
;; call: things#take({"handle": 0}) => 8
;; call: things#drops() => 1
;; call: things#make(16) => {"handle": 1}
;; call: (drop)({"handle": 1}) =>
;; call: things#drops() => 2
;; call: things#make(24) => {"handle": 2}
;; call: things#keep({"handle": 2}) =>
;; call: things#drops() => 2
;; call: things#give() => {"handle": 3}
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
  ;; Passes D's own through, and keeps one.
  (component $C
    (import "d" (instance $d
      (export "r" (type $X (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $X))))
      (export "get" (func (param "r" (borrow $X)) (result u32)))
      (export "take" (func (param "r" (own $X)) (result u32)))
      (export "drops" (func (result u32)))))
    (alias export $d "r" (type $R))
    (core func $drop (canon resource.drop $R))
    (core func $make (canon lower (func $d "make")))
    (core func $get (canon lower (func $d "get")))
    (core func $take (canon lower (func $d "take")))
    (core module $M
      (import "" "drop" (func $drop (param i32)))
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "get" (func $get (param i32) (result i32)))
      (import "" "take" (func $take (param i32) (result i32)))
      (global $kept (mut i32) (i32.const 0))
      (func (export "make") (param i32) (result i32) (call $make (local.get 0)))
      (func (export "get") (param i32) (result i32) (local i32)
        (local.set 1 (call $get (local.get 0)))
        (call $drop (local.get 0))
        (local.get 1))
      (func (export "leak") (param i32) (result i32) (call $get (local.get 0)))
      (func (export "take") (param i32) (result i32) (local i32)
        (local.set 1 (call $get (local.get 0)))
        (drop (call $take (local.get 0)))
        (local.get 1))
      (func (export "keep") (param i32) (global.set $kept (local.get 0)))
      (func (export "give") (result i32) (global.get $kept)))
    (core instance $m (instantiate $M (with "" (instance
      (export "drop" (func $drop)) (export "make" (func $make))
      (export "get" (func $get)) (export "take" (func $take))))))
    (export $E "r" (type $R))
    (func (export "make") (param "rep" u32) (result (own $E)) (canon lift (core func $m "make")))
    (func (export "get") (param "r" (borrow $E)) (result u32) (canon lift (core func $m "get")))
    (func (export "leak") (param "r" (borrow $E)) (result u32) (canon lift (core func $m "leak")))
    (func (export "take") (param "r" (own $E)) (result u32) (canon lift (core func $m "take")))
    (func (export "keep") (param "r" (own $E)) (canon lift (core func $m "keep")))
    (func (export "give") (result (own $E)) (canon lift (core func $m "give")))
    (export "drops" (func $d "drops")))
  (instance $d (instantiate $D))
  (instance $c (instantiate $C (with "d" (instance $d))))
  (export "things" (instance $c)))
