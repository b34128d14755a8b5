;; Where handles lie in memory at the root: all of the place of a result must be in range, though "none" needs less of it.
;; form: component
;; host: h#get = null
;; call: give(65528) => null
;; call: ask(65528) => 0
;; call: ask(65532) traps memory-out-of-bounds
;; trace: h#get()
;; trace: h#get()
(component
  (import "h" (instance $h (export "r" (type $r (sub resource))) (export "get" (func (result (option (own $r)))))))
  (alias export $h "r" (type $r))
  (core module $Memory (memory (export "memory") 1))
  (core instance $memory (instantiate $Memory))
  (core func $get (canon lower (func $h "get") (memory (core memory $memory "memory"))))
  (core module $M
    (import "" "memory" (memory 1))
    (import "" "get" (func $get (param i32)))
    (func (export "give") (param i32) (result i32) (local.get 0))
    (func (export "ask") (param i32) (result i32) (call $get (local.get 0)) (i32.load (local.get 0))))
  (core instance $m (instantiate $M (with "" (instance
    (export "memory" (memory $memory "memory")) (export "get" (func $get))))))
  (func (export "give") (param "at" u32) (result (option (own $r)))
    (canon lift (core func $m "give") (memory (core memory $memory "memory"))))
  (func (export "ask") (param "at" u32) (result u32) (canon lift (core func $m "ask"))))
