;; An instance that nothing uses has an array that is too long: instantiation traps, as it would without fusing.
;; call: (instantiate)() traps other
(component
  (core module $unused
    (type $bytes (array i8))
    (elem (ref null $bytes) (array.new_default $bytes (i32.const -1))))
  (core instance (instantiate $unused))
  (core module $m (func (export "run")))
  (core instance $m (instantiate $m))
  (func (export "run") (canon lift (core func $m "run"))))
