;; A mutable global of one module is one for all that import it, renamed on the way.
;; call: run() => 15
;; call: run() => 25
(component
  (core module $a (global (export "g") (mut i64) (i64.const 5)) (func (export "noop")))
  (core instance $a (instantiate $a))
  (core instance $r (export "x" (global $a "g")) (export "y" (global $a "g")))
  (core module $p (import "" "x" (global $x (mut i64))) (export "z" (global $x)))
  (core instance $p (instantiate $p (with "" (instance $r))))
  (core module $b
    (import "r" "y" (global $y (mut i64)))
    (import "p" "z" (global $z (mut i64)))
    (func (export "run") (result i64)
      (global.set $y (i64.add (global.get $z) (i64.const 10))) (global.get $z)))
  (core instance $b (instantiate $b (with "r" (instance $r)) (with "p" (instance $p))))
  (func (export "run") (result u64) (canon lift (core func $b "run"))))
