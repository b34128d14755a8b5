;; Two resource types of the same name, in instances of the same name inside others: each export keeps its own.
;; form: component
;; call: a#make(7) => {"handle": 0}
;; call: b#make(8) => {"handle": 1}
;; call: a#get({"handle": 0}) => 7
;; call: b#get({"handle": 1}) => 8
(component
  (component $Definer
    (core module $M (func (export "get") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M))
    (type $t' (resource (rep i32)))
    (export $t "t" (type $t'))
    (core func $new (canon resource.new $t))
    (func (export "make") (param "rep" u32) (result (own $t)) (canon lift (core func $new)))
    (func (export "get") (param "self" (borrow $t)) (result u32) (canon lift (core func $m "get"))))
  (instance $c (instantiate $Definer))
  (instance $d (instantiate $Definer))
  (instance $a (export "x" (instance $c)) (export "t" (type $c "t"))
    (export "make" (func $c "make")) (export "get" (func $c "get")))
  (instance $b (export "x" (instance $d)) (export "t" (type $d "t"))
    (export "make" (func $d "make")) (export "get" (func $d "get")))
  (export "a" (instance $a))
  (export "b" (instance $b)))
