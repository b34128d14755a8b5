;; An exported instance that uses a further name of an imported resource: the name that it uses stays.
(component
  (import "ns:pkg/i" (instance $i
    (export "r" (type $r (sub resource)))
    (export "s" (type $s (eq $r)))
    (export "[method]r.f" (func (param "self" (borrow $r))))))
  (alias export $i "s" (type $s))
  (core module $code (func (export "f") (param i32 i32)))
  (core instance $m (instantiate $code))
  (func $f (param "x" (own $s)) (param "y" (own $s)) (canon lift (core func $m "f")))
  (component $names
    (import "s" (type $s (sub resource)))
    (import "f" (func $f (param "x" (own $s)) (param "y" (own $s))))
    (export $a "a" (type $s))
    (export $b "b" (type $a))
    (export "f" (func $f) (func (param "x" (own $a)) (param "y" (own $b))))
    (export "g" (func $f) (func (param "x" (own $b)) (param "y" (own $a)))))
  (instance $o (instantiate $names (with "s" (type $s)) (with "f" (func $f))))
  (export "ns:pkg/o" (instance $o)))
