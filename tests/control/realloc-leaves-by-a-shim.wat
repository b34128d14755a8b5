;; A realloc calls the host through a shim of its component: it may not leave, though no table is left that tells.
;; form: component
;; call: run() traps cannot-leave
(component
  (import "tell" (func $tell (param "x" u32)))
  (component $A
    (import "tell" (func $tell (param "x" u32)))
    (core module $shim (type $t (func (param i32)))
      (table (export "$imports") 1 1 funcref)
      (func (export "0") (type $t) (call_indirect (type $t) (local.get 0) (i32.const 0))))
    (core instance $shim (instantiate $shim))
    (core module $M (import "" "0" (func $tell (param i32)))
      (memory (export "m") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $tell (i32.const 9)) (i32.const 64))
      (func (export "f") (param i32 i32) (result i32) (local.get 1)))
    (core instance $m (instantiate $M (with "" (instance $shim))))
    (core func $tell (canon lower (func $tell)))
    (core module $fix (import "" "0" (func $0 (param i32))) (import "" "$imports" (table 1 1 funcref))
      (elem (i32.const 0) func $0))
    (core instance (instantiate $fix (with "" (instance
      (export "0" (func $tell)) (export "$imports" (table $shim "$imports"))))))
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
