;; After a trap no export can be entered, not even one of another instance.
;; call: fine() => 1
;; call: bad() traps unreachable
;; call: fine() traps cannot-enter
;; call: bad() traps cannot-enter
(component
  (component $A (core module $M (func (export "fine") (result i32) (i32.const 1)))
    (core instance $m (instantiate $M)) (func (export "fine") (result u32) (canon lift (core func $m "fine"))))
  (component $B (core module $M (func (export "bad") unreachable))
    (core instance $m (instantiate $M)) (func (export "bad") (canon lift (core func $m "bad"))))
  (instance $a (instantiate $A)) (instance $b (instantiate $B))
  (export "fine" (func $a "fine")) (export "bad" (func $b "bad")))
