;; The root exports an instance of instances, with types on the way.
;; form: component
;; call: api#sum({"a": 1, "b": 2}) => 3
(component
  (component $C
    (core module $M (func (export "f") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $m (instantiate $M))
    (type $p' (record (field "a" u32) (field "b" u32)))
    (export $p "pair" (type $p'))
    (func (export "sum") (param "p" $p) (result u32) (canon lift (core func $m "f"))))
  (instance $c (instantiate $C))
  (instance $deep (export "inner" (instance $c)) (export "pair" (type $c "pair")) (export "sum" (func $c "sum")))
  (export "api" (instance $deep)))
