;; Outer aliases of components, modules, types and core types, by one and two levels.
;; call: run() => 1234
(component $root
  (type $pair (record (field "a" u32) (field "b" u32)))
  (core type $ct (func (param i32) (result i32)))
  (core type $mt (module (export "f" (func (param i32) (result i32)))))
  (core module $M (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 100))))
  (component $leaf
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $m "f"))))
  (component $outer
    (alias outer $root $leaf (component $leaf))
    (component $inner
      (alias outer $root $leaf (component $leaf'))
      (alias outer $outer $leaf (component $leaf''))
      (alias outer $root $M (core module $M'))
      (alias outer $root $pair (type $pair'))
      (instance $one (instantiate $leaf'))
      (instance $two (instantiate $leaf''))
      (component $typed (alias outer $root $mt (core type $mt)) (import "m" (core module (type $mt))) )
      (instance (instantiate $typed (with "m" (core module $M'))))
      (core instance $direct (instantiate $M'))
      (core func $one (canon lower (func $one "f")))
      (core func $two (canon lower (func $two "f")))
      (core module $R
        (type $ct (func (param i32) (result i32)))
        (import "" "one" (func $one (type $ct)))
        (import "" "two" (func $two (type $ct)))
        (import "" "direct" (func $direct (type $ct)))
        (func (export "g") (param i32 i32) (result i32)
          (i32.add (i32.add (call $one (i32.const 10)) (call $two (i32.const 2)))
            (i32.add (i32.div_u (call $direct (local.get 0)) (i32.const 10)) (local.get 1)))))
      (core instance $r (instantiate $R (with "" (instance
        (export "one" (func $one)) (export "two" (func $two)) (export "direct" (func $direct "f"))))))
      (export $p "pair" (type $pair'))
      (func (export "g") (param "p" $p) (result u32) (canon lift (core func $r "g"))))
    (instance $inner (instantiate $inner))
    (export "inner" (instance $inner)))
  (instance $outer (instantiate $outer))
  (core func $g (canon lower (func $outer "inner" "g")))
  (core module $S (import "" "g" (func $g (param i32 i32) (result i32)))
    (func (export "run") (result i32) (call $g (i32.const 3) (i32.const 4))))
  (core instance $s (instantiate $S (with "" (instance (export "g" (func $g))))))
  (func (export "run") (result u32) (canon lift (core func $s "run"))))
