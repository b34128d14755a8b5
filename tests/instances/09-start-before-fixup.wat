;; A start function that calls through a table not yet filled meets an uninitialised element.
;; call: (instantiate)() traps uninitialized-element
(component
  (core module $shim
    (table (export "$imports") 1 funcref)
    (func (export "0") (call_indirect (i32.const 0))))
  (core instance $shim (instantiate $shim))
  (core module $main (import "" "0" (func $f)) (start $f) (func (export "run")))
  (core instance $main (instantiate $main (with "" (instance $shim))))
  (core module $fill (import "" "$imports" (table 1 funcref)) (func $f) (elem (i32.const 0) func $f))
  (core instance (instantiate $fill (with "" (instance $shim))))
  (func (export "run") (canon lift (core func $main "run"))))
