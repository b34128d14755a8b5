;; Section 5: one handle as borrow, then as own of another type: that it is lent comes before that its type is wrong.
;; call: run() traps handle-lent
(component
  (component $D
    (type $r (resource (rep i32)))
    (type $s (resource (rep i32)))
    (export $R "r" (type $r))
    (export $S "s" (type $s))
    (core func $new (canon resource.new $r))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 42)))
      (func (export "both") (param i32 i32)))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $R)) (canon lift (core func $m "make")))
    (func (export "both") (param "b" (borrow $R)) (param "o" (own $S)) (canon lift (core func $m "both"))))
  (component $C
    (import "d" (instance $d
      (export "r" (type $r (sub resource)))
      (export "s" (type $s (sub resource)))
      (export "make" (func (result (own $r))))
      (export "both" (func (param "b" (borrow $r)) (param "o" (own $s))))))
    (core func $make (canon lower (func $d "make")))
    (core func $both (canon lower (func $d "both")))
    (core module $M
      (import "" "make" (func $make (result i32)))
      (import "" "both" (func $both (param i32 i32)))
      (func (export "run") (local i32)
        (local.set 0 (call $make))
        (call $both (local.get 0) (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance (export "make" (func $make)) (export "both" (func $both))))))
    (func (export "run") (canon lift (core func $m "run"))))
  (instance $d (instantiate $D))
  (instance $c (instantiate $C (with "d" (instance $d))))
  (export "run" (func $c "run")))
