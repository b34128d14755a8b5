;; An active segment beyond its memory's end aborts instantiation after earlier effects.
;; call: (instantiate)() traps memory-out-of-bounds
(component
  (core module $a (memory (export "m") 1))
  (core instance $a (instantiate $a))
  (core module $b (import "a" "m" (memory 1)) (data (i32.const 65536) "x"))
  (core instance $b (instantiate $b (with "a" (instance $a))))
  (core module $c (func (export "f")))
  (core instance $c (instantiate $c))
  (func (export "run") (canon lift (core func $c "f"))))
