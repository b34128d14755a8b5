;; An exception that leaves a component instance is a trap, even where a caller would catch all.
;; call: run() traps uncaught-exception
(component
  (component $A
    (core module $M (tag $t) (func (export "f") (throw $t)))
    (core instance $m (instantiate $M))
    (func (export "f") (canon lift (core func $m "f"))))
  (instance $a (instantiate $A))
  (core func $f (canon lower (func $a "f")))
  (core module $M (import "" "f" (func $f))
    (func (export "run") (block $h (try_table (catch_all $h) (call $f)))))
  (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
  (func (export "run") (canon lift (core func $m "run"))))
