;; A realloc calls the host through a table that nothing fills: its initial value is the function that leaves.
;; form: component
;; call: run() traps cannot-leave
(component
  (import "tell" (func $tell))
  (component $A
    (import "tell" (func $tell))
    (core func $tell (canon lower (func $tell)))
    (core module $M (type $f (func)) (import "" "tell" (func $tell))
      (memory (export "m") 1)
      (table $t 1 (ref $f) (ref.func $leave))
      (func $leave (call $tell))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (call_indirect $t (type $f) (i32.const 0)) (i32.const 64))
      (func (export "f") (param i32 i32) (result i32) (local.get 1)))
    (core instance $m (instantiate $M (with "" (instance (export "tell" (func $tell))))))
    (func (export "f") (param "s" string) (result u32) (canon lift (core func $m "f")
      (memory (core memory $m "m")) (realloc (core func $m "realloc")))))
  (component $B
    (import "f" (func $f (param "s" string) (result u32)))
    (core module $S (memory (export "m") 1))
    (core instance $s (instantiate $S))
    (core func $f (canon lower (func $f) (memory (core memory $s "m"))))
    (core module $M (import "" "f" (func $f (param i32 i32) (result i32)))
      (func (export "run") (result i32) (call $f (i32.const 0) (i32.const 3))))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $a (instantiate $A (with "tell" (func $tell))))
  (instance $b (instantiate $B (with "f" (func $a "f"))))
  (export "run" (func $b "run")))
