;; Item 46: handle 0 is never valid.
;; call: run() traps unknown-handle
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
        (export "get" (func (param "r" (borrow $X)) (result u32)))
        (export "take" (func (param "r" (own $X)) (result u32)))))
    (alias export $d "r" (type $R))
    (core func $d-drop (canon resource.drop $R))
    (core func $d-make (canon lower (func $d "make")))
    (core func $d-get (canon lower (func $d "get")))
    (core func $d-take (canon lower (func $d "take")))
    (core module $M
        (import "d" "drop" (func $d-drop (param i32)))
        (import "d" "make" (func $d-make (param i32) (result i32)))
        (import "d" "get" (func $d-get (param i32) (result i32)))
        (import "d" "take" (func $d-take (param i32) (result i32)))
        (func (export "run") (result i32) (local i32)
          (call $d-get (i32.const 0))))
    (core instance $m (instantiate $M
      (with "d" (instance
        (export "drop" (func $d-drop))
        (export "make" (func $d-make))
        (export "get" (func $d-get))
        (export "take" (func $d-take))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $d (instantiate $D))
  (instance $c (instantiate $C (with "d" (instance $d))))
  (export "run" (func $c "run")))
