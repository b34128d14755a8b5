;; A list at the root that is both misaligned and out of range: the engine looks at the range first, and so does the adapter of handles.
;; form: component
;; call: give(0, 0) => []
;; call: give(65536, 0) => []
;; call: give(65538, 0) traps list-out-of-bounds
(component
  (import "h" (instance $h (export "r" (type $r (sub resource)))))
  (alias export $h "r" (type $r))
  (core module $M (memory (export "memory") 1)
    (func (export "give") (param i32 i32) (result i32)
      (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8)))
  (core instance $m (instantiate $M))
  (func (export "give") (param "at" u32) (param "count" u32) (result (list (own $r)))
    (canon lift (core func $m "give") (memory (core memory $m "memory")))))
