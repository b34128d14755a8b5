;; The shape of the gating fixtures: everything is inside, the root exports `run` alone.
(component
  (component $leaf
    (core module $m
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))
  (component $runner
    (import "add" (func $add (param "a" u32) (param "b" u32) (result u32)))
    (core func $add' (canon lower (func $add)))
    (core module $m
      (import "" "add" (func $add (param i32 i32) (result i32)))
      (func (export "run")
        (if (i32.ne (call $add (i32.const 2) (i32.const 40)) (i32.const 42)) (then (unreachable)))))
    (core instance $i (instantiate $m (with "" (instance (export "add" (func $add'))))))
    (func (export "run") (canon lift (core func $i "run"))))
  (instance $l (instantiate $leaf))
  (instance $r (instantiate $runner (with "add" (func $l "add"))))
  (export "run" (func $r "run")))
