;; Item 14: all of the place of a result or of parameters must be in range, though the case that is there needs less of it.
;; call: result(65528) => 0
;; call: result(65532) traps memory-out-of-bounds
;; call: place(65528) => 0
;; call: place(65532) traps memory-out-of-bounds
;; call: parameters(65468) => 8
;; call: parameters(65472) traps memory-out-of-bounds
;; call: allocated(65468) => 65468
;; call: allocated(65472) traps memory-out-of-bounds
(component
  (component $P
    (core module $M (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 8))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (global.get $next))
      (func (export "next") (param i32) (global.set $next (local.get 0)))
      (func (export "option") (param i32) (result i32) (local.get 0))
      (func (export "many") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M))
    (func (export "next") (param "at" u32) (canon lift (core func $m "next")))
    (func (export "option") (param "at" u32) (result (option u32))
      (canon lift (core func $m "option") (memory (core memory $m "memory"))))
    (func (export "many") (param "x" (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 (option u32))) (result u32)
      (canon lift (core func $m "many") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (instance $p (instantiate $P))
  (component $C
    (import "p" (instance $p
      (export "next" (func (param "at" u32)))
      (export "option" (func (param "at" u32) (result (option u32))))
      (export "many" (func (param "x" (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 (option u32))) (result u32)))))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (core func $next (canon lower (func $p "next")))
    (core func $option (canon lower (func $p "option") (memory (core memory $memory "memory"))))
    (core func $many (canon lower (func $p "many") (memory (core memory $memory "memory"))))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "next" (func $next (param i32)))
      (import "" "option" (func $option (param i32 i32)))
      (import "" "many" (func $many (param i32) (result i32)))
      (func (export "result") (param i32) (result i32) (call $option (local.get 0) (i32.const 0)) (i32.load (i32.const 0)))
      (func (export "place") (param i32) (result i32) (call $option (i32.const 0) (local.get 0)) (i32.load (local.get 0)))
      (func (export "parameters") (param i32) (result i32) (call $many (local.get 0)))
      (func (export "allocated") (param i32) (result i32) (call $next (local.get 0)) (call $many (i32.const 0))))
    (core instance $m (instantiate $M (with "" (instance (export "memory" (memory $memory "memory"))
      (export "next" (func $next)) (export "option" (func $option)) (export "many" (func $many))))))
    (func (export "result") (param "at" u32) (result u32) (canon lift (core func $m "result")))
    (func (export "place") (param "at" u32) (result u32) (canon lift (core func $m "place")))
    (func (export "parameters") (param "at" u32) (result u32) (canon lift (core func $m "parameters")))
    (func (export "allocated") (param "at" u32) (result u32) (canon lift (core func $m "allocated"))))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "result") (alias export $c "result"))
  (func (export "place") (alias export $c "place"))
  (func (export "parameters") (alias export $c "parameters"))
  (func (export "allocated") (alias export $c "allocated")))
