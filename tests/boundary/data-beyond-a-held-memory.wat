;; Segments that do not fit trap when it is their turn: after a start function has called the host.
;; form: component
;; host: told = null
;; call: (instantiate)() traps memory-out-of-bounds
;; trace: told("early")
(component
  (import "told" (func $told (param "s" string)))
  (core module $A (memory (export "m") 1) (data (i32.const 8) "early"))
  (core instance $a (instantiate $A))
  (core func $tell-a (canon lower (func $told) (memory (core memory $a "m"))))
  (core module $S (import "" "told" (func $told (param i32 i32)))
    (func $start (call $told (i32.const 8) (i32.const 5))) (start $start))
  (core instance (instantiate $S (with "" (instance (export "told" (func $tell-a))))))
  (core module $B (memory (export "m") 1) (data (i32.const 8) "late") (data (i32.const -3) "beyond"))
  (core instance $b (instantiate $B))
  (core func $tell-b (canon lower (func $told) (memory (core memory $b "m"))))
  (core module $R (import "" "told" (func $told (param i32 i32)))
    (func (export "run") (call $told (i32.const 8) (i32.const 4))))
  (core instance $r (instantiate $R (with "" (instance (export "told" (func $tell-b))))))
  (func (export "run") (canon lift (core func $r "run"))))
