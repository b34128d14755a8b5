;; Each instance of a module has tags of its own: one's exception is not caught by the other's tag.
;; call: run() => 2
(component
  (core module $m (tag $t (export "t")) (func (export "throw") (throw $t)))
  (core instance $x (instantiate $m))
  (core instance $y (instantiate $m))
  (core module $c
    (import "x" "t" (tag $x)) (import "y" "t" (tag $y)) (import "y" "throw" (func $throw))
    (func (export "run") (result i32)
      (block $one (block $two (try_table (catch $x $one) (catch $y $two) (call $throw)) unreachable)
        (return (i32.const 2)))
      (i32.const 1)))
  (core instance $c (instantiate $c (with "x" (instance $x)) (with "y" (instance $y))))
  (func (export "run") (result u32) (canon lift (core func $c "run"))))
