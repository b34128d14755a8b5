;; Memory and realloc of canonical options come through re-exports of other core modules.
;; form: component
;; call: echo("näh") => "näh"
(component
  (core module $A (memory (export "x") 1) (func (export "y") (param i32 i32 i32 i32) (result i32) (i32.const 128)))
  (core instance $a (instantiate $A))
  (core module $B (import "a" "x" (memory 1)) (import "a" "y" (func $y (param i32 i32 i32 i32) (result i32)))
    (export "mem" (memory 0)) (export "alloc" (func $y))
    (func (export "echo") (param i32 i32) (result i32) (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8)))
  (core instance $b (instantiate $B (with "a" (instance $a))))
  (core instance $c (export "z" (memory $b "mem")) (export "w" (func $b "alloc")))
  (func (export "echo") (param "s" string) (result string)
    (canon lift (core func $b "echo") (memory (core memory $c "z")) (realloc (core func $c "w")))))
