;; Item 55: a re-exporter is the definer of its own type and a stranger to the inner one.
;; Dropping the outer handle runs its destructor, which drops the inner one.
;; call: run() => 1042
;; call: run() => 2042
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
  ;; Its resource wraps one of D's: the rep is D's handle plus 100.
  (component $W
    (import "d" (instance $d
      (export "r" (type $X (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $X))))
      (export "get" (func (param "r" (borrow $X)) (result u32)))))
    (alias export $d "r" (type $Inner))
    (core func $drop (canon resource.drop $Inner))
    (core func $make (canon lower (func $d "make")))
    (core func $get (canon lower (func $d "get")))
    (core module $S
      (import "" "drop" (func $drop (param i32)))
      (func (export "dtor") (param i32) (call $drop (i32.sub (local.get 0) (i32.const 100)))))
    (core instance $s (instantiate $S (with "" (instance (export "drop" (func $drop))))))
    (type $r (resource (rep i32) (dtor (core func $s "dtor"))))
    (export $R "r" (type $r))
    (core func $new (canon resource.new $r))
    (core module $M
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "get" (func $get (param i32) (result i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (param i32) (result i32)
        (call $new (i32.add (call $make (local.get 0)) (i32.const 100))))
      (func (export "get") (param i32) (result i32)
        (call $get (i32.sub (local.get 0) (i32.const 100)))))
    (core instance $m (instantiate $M (with "" (instance
      (export "make" (func $make)) (export "get" (func $get)) (export "new" (func $new))))))
    (func (export "make") (param "rep" u32) (result (own $R)) (canon lift (core func $m "make")))
    (func (export "get") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "get"))))
  (component $C
    (import "d" (instance $d (export "drops" (func (result u32)))))
    (import "w" (instance $w
      (export "r" (type $X (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $X))))
      (export "get" (func (param "r" (borrow $X)) (result u32)))))
    (alias export $w "r" (type $R))
    (core func $drop (canon resource.drop $R))
    (core func $make (canon lower (func $w "make")))
    (core func $get (canon lower (func $w "get")))
    (core func $drops (canon lower (func $d "drops")))
    (core module $M
      (import "" "drop" (func $drop (param i32)))
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "get" (func $get (param i32) (result i32)))
      (import "" "drops" (func $drops (result i32)))
      (func (export "run") (result i32) (local i32 i32)
        (local.set 0 (call $make (i32.const 42)))
        (local.set 1 (call $get (local.get 0)))
        (call $drop (local.get 0))
        (i32.add (local.get 1) (i32.mul (call $drops) (i32.const 1000)))))
    (core instance $m (instantiate $M (with "" (instance
      (export "drop" (func $drop)) (export "make" (func $make))
      (export "get" (func $get)) (export "drops" (func $drops))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $d (instantiate $D))
  (instance $w (instantiate $W (with "d" (instance $d))))
  (instance $c (instantiate $C (with "d" (instance $d)) (with "w" (instance $w))))
  (export "run" (func $c "run")))
