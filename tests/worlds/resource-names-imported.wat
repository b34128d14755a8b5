;; An imported resource under several names: each function keeps the one that it mentions, as methods must.
(component
  (import "ns:pkg/i" (instance $i
    (export "r" (type $r (sub resource)))
    (export "s" (type $s (eq $r)))
    (export "t" (type $t (eq $s)))
    (export "[constructor]r" (func (result (own $r))))
    (export "[method]r.f" (func (param "self" (borrow $r)) (param "o" (own $s)) (result (own $t))))
    (export "g" (func (param "x" (own $r)) (result (list (own $s)))))))
  (alias export $i "s" (type $s))
  (alias export $i "r" (type $r))
  (alias export $i "t" (type $t))
  (import "ns:pkg/j" (instance
    (alias outer 1 $s (type $s0)) (alias outer 1 $r (type $r0))
    (export "s" (type $s (eq $s0))) (export "rr" (type $r (eq $r0)))
    (export "h" (func (param "a" (own $s)) (param "b" (own $r))))))
  (import "ns:pkg/k" (instance
    (alias outer 1 $t (type $t0))
    (export "t" (type $t (eq $t0)))
    (export "h" (func (param "a" (own $t)))))))
