;; A re-exporter that is given a resource of another's, and no function of others that passes one.
;; Its destructor runs when the re-exporter drops it.
;; call: run() => 42
(component
  (component $D
    (core module $S
      (global $last (mut i32) (i32.const 0))
      (func (export "end") (param i32) (global.set $last (local.get 0)))
      (func (export "last") (result i32) (global.get $last)))
    (core instance $s (instantiate $S))
    (type $r (resource (rep i32) (dtor (core func $s "end"))))
    (export $R "r" (type $r))
    (core func $new (canon resource.new $r))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
    (func (export "make") (param "rep" u32) (result (own $R)) (canon lift (core func $m "make")))
    (func (export "last") (result u32) (canon lift (core func $s "last"))))
  (component $W
    (import "r" (type $inner (sub resource)))
    (core func $drop (canon resource.drop $inner))
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core module $M
      (import "" "drop" (func $drop (param i32)))
      (import "" "new" (func (param i32) (result i32)))
      (func (export "end") (param i32) (call $drop (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance (export "drop" (func $drop)) (export "new" (func $new))))))
    (func (export "end") (param "r" (own $inner)) (canon lift (core func $m "end"))))
  (component $C
    (import "d" (instance $d
      (export "r" (type $r (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $r))))
      (export "last" (func (result u32)))))
    (alias export $d "r" (type $R))
    (import "end" (func $end (param "r" (own $R))))
    (core func $make (canon lower (func $d "make")))
    (core func $last (canon lower (func $d "last")))
    (core func $end' (canon lower (func $end)))
    (core module $M
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "last" (func $last (result i32)))
      (import "" "end" (func $end (param i32)))
      (func (export "run") (result i32) (call $end (call $make (i32.const 42))) (call $last)))
    (core instance $m (instantiate $M (with "" (instance
      (export "make" (func $make)) (export "last" (func $last)) (export "end" (func $end'))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $d (instantiate $D))
  (alias export $d "r" (type $R))
  (instance $w (instantiate $W (with "r" (type $R))))
  (instance $c (instantiate $C (with "d" (instance $d)) (with "end" (func $w "end"))))
  (export "run" (func $c "run")))
