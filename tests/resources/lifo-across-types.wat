;; Item 43: freed indices are reused last in, first out, across the types of one instance.
;; call: run() => 213
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
        (export "make" (func (param "rep" u32) (result (own $X))))))
    (alias export $d "r" (type $R))
    (core func $d-drop (canon resource.drop $R))
    (core func $d-make (canon lower (func $d "make")))
    (import "e" (instance $e
        (export "r" (type $X (sub resource)))
        (export "make" (func (param "rep" u32) (result (own $X))))))
    (alias export $e "r" (type $Q))
    (core func $e-drop (canon resource.drop $Q))
    (core func $e-make (canon lower (func $e "make")))
    (core module $M
        (import "d" "drop" (func $d-drop (param i32)))
        (import "d" "make" (func $d-make (param i32) (result i32)))
        (import "e" "drop" (func $e-drop (param i32)))
        (import "e" "make" (func $e-make (param i32) (result i32)))
        (func (export "run") (result i32) (local i32 i32)
          (local.set 0 (call $d-make (i32.const 8)))
          (local.set 1 (call $e-make (i32.const 8)))
          (call $d-drop (local.get 0))
          (call $e-drop (local.get 1))
          ;; the index freed last comes first, whatever its type was
          (local.set 0 (call $d-make (i32.const 16)))
          (local.set 1 (call $e-make (i32.const 16)))
          (i32.add (i32.mul (local.get 0) (i32.const 100))
            (i32.add (i32.mul (local.get 1) (i32.const 10)) (call $d-make (i32.const 24))))))
    (core instance $m (instantiate $M
      (with "d" (instance
        (export "drop" (func $d-drop))
        (export "make" (func $d-make))))
      (with "e" (instance
        (export "drop" (func $e-drop))
        (export "make" (func $e-make))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $d (instantiate $D))
  (instance $e (instantiate $D))
  (instance $c (instantiate $C (with "d" (instance $d)) (with "e" (instance $e))))
  (export "run" (func $c "run")))
