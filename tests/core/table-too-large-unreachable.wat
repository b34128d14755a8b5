;; An instance that nothing uses has a table that no engine can make: instantiation traps, as it would without fusing.
;; call: (instantiate)() traps other
(component
  (core module $unused (table i64 0xffffffffffffffff funcref))
  (core instance (instantiate $unused))
  (core module $m (func (export "run")))
  (core instance $m (instantiate $m))
  (func (export "run") (canon lift (core func $m "run"))))
