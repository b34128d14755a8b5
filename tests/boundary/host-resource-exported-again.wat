;; A resource of the host, imported and exported again, made by an import and dropped by the guest.
;; form: component
;; call: run() => {"object": 2}
;; trace: make()
;; trace: drop r 1
;; trace: make()
(component
  (import "r" (type $r (sub resource)))
  (import "make" (func $make (result (own $r))))
  (export $R "again" (type $r))
  (core func $make (canon lower (func $make)))
  (core func $drop (canon resource.drop $R))
  (core module $M (import "" "make" (func $make (result i32))) (import "" "drop" (func $drop (param i32)))
    (func (export "run") (result i32) (call $drop (call $make)) (call $make)))
  (core instance $m (instantiate $M (with "" (instance (export "make" (func $make)) (export "drop" (func $drop))))))
  (func (export "run") (result (own $R)) (canon lift (core func $m "run"))))
