;; A tag of one core instance is thrown by a second and caught by a third, with its value and by reference.
;; call: run() => 42
;; call: again() => 43
;; call: other() => 1
;; call: escapes() traps uncaught-exception
(component
  (core module $tag (tag (export "t") (param i32 i64)) (tag (export "u") (param i32 i64)))
  (core instance $tag (instantiate $tag))
  (core module $thrower
    (import "t" "t" (tag $t (param i32 i64)))
    (import "t" "u" (tag $u (param i32 i64)))
    (tag $mine)
    (func (export "throw") (throw $t (i32.const 40) (i64.const 2)))
    (func (export "mine") (throw $mine)))
  (core instance $thrower (instantiate $thrower (with "t" (instance $tag))))
  (core module $catcher
    (import "t" "u" (tag $u (param i32 i64)))
    (import "t" "t" (tag $t (param i32 i64)))
    (import "x" "throw" (func $throw))
    (import "x" "mine" (func $mine))
    (func (export "run") (result i32)
      (block $h (result i32 i64)
        (try_table (catch $u $h) (catch $t $h) (call $throw)) unreachable)
      i32.wrap_i64 i32.add)
    (func (export "again") (result i32) (local $e exnref)
      (block $outer (result i32 i64)
        (try_table (catch $t $outer)
          (block $h (result i32 i64 exnref)
            (try_table (catch_ref $t $h) (call $throw)) unreachable)
          (local.set $e) (drop) (drop) (throw_ref (local.get $e)))
        unreachable)
      i32.wrap_i64 i32.add (i32.add (i32.const 1)))
    (func (export "other") (result i32)
      (block $all
        (block $h (result i32 i64) (try_table (catch $u $h) (catch $t $h) (catch_all $all) (call $mine)) unreachable)
        drop drop (return (i32.const 0)))
      (i32.const 1))
    (func (export "escapes") (call $throw)))
  (core instance $catcher (instantiate $catcher (with "t" (instance $tag)) (with "x" (instance $thrower))))
  (func (export "run") (result u32) (canon lift (core func $catcher "run")))
  (func (export "again") (result u32) (canon lift (core func $catcher "again")))
  (func (export "other") (result u32) (canon lift (core func $catcher "other")))
  (func (export "escapes") (canon lift (core func $catcher "escapes"))))
