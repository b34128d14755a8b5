;; Core types that a type of a component takes from around it, one of them out of a recursion group.
(component
  (core type $before (func))
  (core rec (type (func (param f32))) (type $second (func (param f64))))
  (core type $module (module
    (alias outer 1 $second (type $s))
    (type $own (func (result i32)))
    (import "a" "b" (func (type $s)))
    (export "c" (func (type $own)))))
  (type $t (component
    (alias outer 1 $module (core type $m))
    (import "m" (core module (type $m)))
    (core type $n (module (alias outer 2 $second (type $s)) (export "d" (func (type $s)))))
    (export "n" (core module (type $n)))))
  (export "t" (type $t))
  (type $u (component (alias outer 1 $second (core type)) (import "m" (core module (alias outer 2 $before (type $b)) (export "e" (func (type $b)))))))
  (export "u" (type $u)))
