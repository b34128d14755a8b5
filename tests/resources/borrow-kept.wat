;; Item 50: a borrow that is not dropped before the callee returns traps in the caller's adapter.
;; call: run() traps borrows-remain
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
  (component $B
    (import "d" (instance $d
        (export "r" (type $X (sub resource)))
        (export "get" (func (param "r" (borrow $X)) (result u32)))
        (export "take" (func (param "r" (own $X)) (result u32)))
        (export "drops" (func (result u32)))))
    (alias export $d "r" (type $R))
    (core func $d-drop (canon resource.drop $R))
    (core func $d-get (canon lower (func $d "get")))
    (core func $d-take (canon lower (func $d "take")))
    (core func $d-drops (canon lower (func $d "drops")))
    (core module $M
        (import "d" "drop" (func $d-drop (param i32)))
        (import "d" "get" (func $d-get (param i32) (result i32)))
        (import "d" "take" (func $d-take (param i32) (result i32)))
        (import "d" "drops" (func $d-drops (result i32)))
        (func (export "use") (param i32) (result i32) (i32.const 1)))
    (core instance $m (instantiate $M
      (with "d" (instance
        (export "drop" (func $d-drop))
        (export "get" (func $d-get))
        (export "take" (func $d-take))
        (export "drops" (func $d-drops))))))
    (func (export "use") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "use"))))
  (component $C
    (import "d" (instance $d
      (export "r" (type $X (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $X))))
      (export "drops" (func (result u32)))))
    (alias export $d "r" (type $R))
    (import "b" (instance $b
      (alias outer $C $R (type $R))
      (export "use" (func (param "r" (borrow $R)) (result u32)))))
    (core func $drop (canon resource.drop $R))
    (core func $make (canon lower (func $d "make")))
    (core func $drops (canon lower (func $d "drops")))
    (core func $use (canon lower (func $b "use")))
    (core module $M
      (import "" "drop" (func $drop (param i32)))
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "drops" (func $drops (result i32)))
      (import "" "use" (func $use (param i32) (result i32)))
      (func (export "run") (result i32) (call $use (call $make (i32.const 42)))))
    (core instance $m (instantiate $M (with "" (instance
      (export "drop" (func $drop)) (export "make" (func $make))
      (export "drops" (func $drops)) (export "use" (func $use))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $d (instantiate $D))
  (instance $b (instantiate $B (with "d" (instance $d))))
  (instance $c (instantiate $C (with "d" (instance $d)) (with "b" (instance $b))))
  (export "run" (func $c "run")))
