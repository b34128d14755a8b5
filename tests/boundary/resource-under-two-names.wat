;; One resource, exported under two names; handles of one are handles of the other.
;; form: component
;; call: make(9) => {"handle": 0}
;; call: get({"handle": 0}) => 9
(component
  (core module $M (func (export "get") (param i32) (result i32) (local.get 0)))
  (core instance $m (instantiate $M))
  (type $r (resource (rep i32)))
  (core func $new (canon resource.new $r))
  (export $A "a" (type $r))
  (export $B "b" (type $A))
  (func (export "make") (param "x" u32) (result (own $A)) (canon lift (core func $new)))
  (func (export "get") (param "r" (borrow $B)) (result u32) (canon lift (core func $m "get"))))
