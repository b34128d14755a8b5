;; A destructor that is a lowered host function.
;; form: component
;; call: run() =>
;; trace: gone(5)
(component
  (import "gone" (func $gone (param "x" u32)))
  (core func $gone (canon lower (func $gone)))
  (type $r (resource (rep i32) (dtor (core func $gone))))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core module $M
    (import "" "new" (func $new (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
    (func (export "run") (call $drop (call $new (i32.const 5)))))
  (core instance $m (instantiate $M (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
  (func (export "run") (canon lift (core func $m "run"))))
