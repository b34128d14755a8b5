;; An export is also a definition: what follows may name it, and indices move by it.
;; call: run() => 5
;; call: again() => 6
(component
  (core module $M (func (export "five") (result i32) (i32.const 5)) (func (export "six") (result i32) (i32.const 6)))
  (core instance $m (instantiate $M))
  (core func $five (alias core export $m "five"))
  (core func $six (alias core export $m "six"))
  (type $t (func (result u32)))
  (func $f0 (type $t) (canon lift (core func $five)))
  (export $f1 "run" (func 0))
  (func $f2 (type $t) (canon lift (core func $six)))
  (component $C (import "f" (func $f (result u32)))
    (core func $f (canon lower (func $f)))
    (core module $M (import "" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
    (func (export "g") (result u32) (canon lift (core func $m "g"))))
  (component $D
    (core module $M (func (export "six") (result i32) (i32.const 6)))
    (core instance $m (instantiate $M))
    (func (export "f") (result u32) (canon lift (core func $m "six"))))
  (instance $d (instantiate $D))
  (instance $c (instantiate $C (with "f" (func $d "f"))))
  (alias export $c "g" (func $g))
  (export "again" (func $g)))
