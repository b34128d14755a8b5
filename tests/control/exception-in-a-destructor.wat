;; A destructor that throws traps where the drop crosses instances.
;; call: run() traps uncaught-exception
(component
  (component $A
    (core module $D (tag $t) (func (export "d") (param i32) (throw $t)))
    (core instance $d (instantiate $D))
    (type $r (resource (rep i32) (dtor (core func $d "d"))))
    (export $R "r" (type $r))
    (core func $new (canon resource.new $r))
    (func (export "make") (param "x" u32) (result (own $R)) (canon lift (core func $new))))
  (instance $a (instantiate $A))
  (alias export $a "r" (type $r))
  (core func $make (canon lower (func $a "make")))
  (core func $drop (canon resource.drop $r))
  (core module $M (import "" "make" (func $make (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
    (func (export "run") (block $h (try_table (catch_all $h) (call $drop (call $make (i32.const 1)))))))
  (core instance $m (instantiate $M (with "" (instance (export "make" (func $make)) (export "drop" (func $drop))))))
  (func (export "run") (canon lift (core func $m "run"))))
