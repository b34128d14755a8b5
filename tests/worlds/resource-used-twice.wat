;; An exported instance uses an imported resource under two names, as `use i.{r, r as s}` does: neither is the other's.
(component
  (import "ns:pkg/i" (instance $i (export "r" (type $r (sub resource)))))
  (alias export $i "r" (type $r))
  (core module $code (func (export "f") (param i32)))
  (core instance $m (instantiate $code))
  (func $f (param "x" (own $r)) (canon lift (core func $m "f")))
  (component $names
    (import "r" (type $r (sub resource)))
    (import "f" (func $f (param "x" (own $r))))
    (export $a "r" (type $r))
    (export $b "s" (type $r))
    (export "f" (func $f) (func (param "x" (own $a))))
    (export "g" (func $f) (func (param "x" (own $b)))))
  (instance $o (instantiate $names (with "r" (type $r)) (with "f" (func $f))))
  (export "ns:pkg/o" (instance $o)))
