;; Instances of types only that the root imports and exports again, one of them through a component.
(component
  (import "ns:pkg/types@1.0.0" (instance $t
    (type $x (record (field "x" u32))) (export "p" (type $p (eq $x)))
    (type $l (list $p)) (export "l" (type (eq $l)))
    (export "r" (type $r (sub resource)))
    (type $o (own $r)) (export "o" (type (eq $o)))))
  (export "ns:pkg/types@1.0.0" (instance $t))
  (component $pass
    (import "i" (instance $i (export "r" (type (sub resource)))))
    (alias export $i "r" (type $r))
    (import "s" (type $s (sub resource)))
    (export "o" (instance $i))
    (export "a" (type $r))
    (export "b" (type $s)))
  (alias export $t "r" (type $r))
  (instance $p (instantiate $pass (with "i" (instance $t)) (with "s" (type $r))))
  (export "out" (instance $p))
  (alias export $p "o" (instance $o))
  (export "o" (instance $o)))
