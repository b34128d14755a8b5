;; Constructor, method, static function and free functions of a resource, exported by the root itself.
;; form: component
;; call: [constructor]r(4) => {"handle": 0}
;; call: [method]r.get({"handle": 0}) => 4
;; call: [static]r.sum([{"handle": 0}]) => 4
(component
  (core module $M (memory (export "m") 1)
    (func (export "r") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "get") (param i32) (result i32) (local.get 0))
    (func (export "sum") (param i32 i32) (result i32) (i32.load (local.get 0))))
  (core instance $m (instantiate $M))
  (type $r (resource (rep i32)))
  (core func $new (canon resource.new $r))
  (export $R "r" (type $r))
  (func (export "[constructor]r") (param "x" u32) (result (own $R)) (canon lift (core func $new)))
  (func (export "[method]r.get") (param "self" (borrow $R)) (result u32) (canon lift (core func $m "get")))
  (func (export "[static]r.sum") (param "of" (list (borrow $R))) (result u32) (canon lift (core func $m "sum")
    (memory (core memory $m "m")) (realloc (core func $m "r")))))
