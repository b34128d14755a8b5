;; Item 42: an exception does not leave its instance; caught inside, it is nothing to the caller.
;; call: thrown() traps uncaught-exception
;; call: caught() => 5
;; call: not-caught-outside() traps uncaught-exception
(component
  (component $P
    (core module $M
      (tag $e (param i32))
      (func $f (export "f") (param i32) (result i32)
        (if (local.get 0) (then (throw $e (i32.const 5)))) (i32.const 1))
      (func (export "g") (result i32)
        (block $caught (result i32) (try_table (result i32) (catch $e $caught) (call $f (i32.const 1))))))
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $m "f")))
    (func (export "g") (result u32) (canon lift (core func $m "g"))))
  (instance $p (instantiate $P))
  (component $C
    (import "p" (instance $p (export "f" (func (param "x" u32) (result u32))) (export "g" (func (result u32)))))
    (core func $f (canon lower (func $p "f")))
    (core func $g (canon lower (func $p "g")))
    (core module $M
      (import "" "f" (func $f (param i32) (result i32)))
      (import "" "g" (func $g (result i32)))
      (func (export "thrown") (result i32) (call $f (i32.const 1)))
      (func (export "caught") (result i32) (call $g))
      (func (export "not-caught-outside") (result i32)
        (block $all (drop (try_table (result i32) (catch_all $all) (call $f (i32.const 1))))) (i32.const 9)))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f)) (export "g" (func $g))))))
    (func (export "thrown") (result u32) (canon lift (core func $m "thrown")))
    (func (export "caught") (result u32) (canon lift (core func $m "caught")))
    (func (export "not-caught-outside") (result u32) (canon lift (core func $m "not-caught-outside"))))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "thrown") (alias export $c "thrown"))
  (func (export "caught") (alias export $c "caught"))
  (func (export "not-caught-outside") (alias export $c "not-caught-outside"))
)
