;; A component is exported at a type that takes its exporter's imported resource: outside, it takes what was imported.
;; call: run() => 7
(component
  (component $D
    (type $r (resource (rep i32)))
    (export $R "r" (type $r))
    (core func $new (canon resource.new $r))
    (func (export "make") (param "x" u32) (result (own $R)) (canon lift (core func $new)))
    (core module $M (func (export "get") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M))
    (func (export "get") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "get"))))
  (component $P
    (import "r" (type $r (sub resource)))
    (component $C
      (import "r" (type $r (sub resource)))
      (import "get" (func $get (param "r" (borrow $r)) (result u32)))
      (core func $get (canon lower (func $get)))
      (core func $drop (canon resource.drop $r))
      (core module $M
        (import "" "get" (func $get (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
        (func (export "take") (param i32) (result i32)
          (call $get (local.get 0))
          (call $drop (local.get 0))))
      (core instance $m (instantiate $M (with "" (instance (export "get" (func $get)) (export "drop" (func $drop))))))
      (func (export "take") (param "r" (own $r)) (result u32) (canon lift (core func $m "take"))))
    (export "c" (component $C) (component
      (alias outer 1 $r (type $outer))
      (import "r" (type $r (eq $outer)))
      (import "get" (func (param "r" (borrow $r)) (result u32)))
      (export "take" (func (param "r" (own $r)) (result u32))))))
  (instance $d (instantiate $D))
  (instance $p (instantiate $P (with "r" (type $d "r"))))
  (alias export $p "c" (component $C))
  (instance $c (instantiate $C (with "r" (type $d "r")) (with "get" (func $d "get"))))
  (core func $make (canon lower (func $d "make")))
  (core func $take (canon lower (func $c "take")))
  (core module $M
    (import "" "make" (func $make (param i32) (result i32))) (import "" "take" (func $take (param i32) (result i32)))
    (func (export "run") (result i32) (call $take (call $make (i32.const 7)))))
  (core instance $m (instantiate $M (with "" (instance (export "make" (func $make)) (export "take" (func $take))))))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
