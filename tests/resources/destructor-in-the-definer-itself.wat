;; Item 52: where the definer drops its own handle, the destructor finds the index free in that very table.
;; call: run() => 11
(component
  (component $D
    (core module $Shim
      (type $f (func (param i32)))
      (table (export "$imports") 1 1 funcref)
      (func (export "0") (param i32)
        (call_indirect (type $f) (local.get 0) (i32.const 0))))
    (core instance $shim (instantiate $Shim))
    (type $r (resource (rep i32) (dtor (core func $shim "0"))))
    (core func $new (canon resource.new $r))
    (core func $rep (canon resource.rep $r))
    (core func $drop (canon resource.drop $r))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "rep" (func $rep (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (global $seen (mut i32) (i32.const 0))
      (func (export "dtor") (param i32)
        (if (i32.eqz (global.get $seen))
          (then (global.set $seen (call $new (i32.const 10))))))
      (func (export "run") (result i32)
        (call $drop (call $new (i32.const 8)))
        (i32.add (global.get $seen) (call $rep (global.get $seen)))))
    (core instance $m (instantiate $M (with "" (instance
      (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
    (core module $Fixups
      (import "" "$imports" (table 1 1 funcref))
      (import "" "0" (func $dtor (param i32)))
      (elem (i32.const 0) func $dtor))
    (core instance (instantiate $Fixups (with "" (instance
      (export "$imports" (table $shim "$imports")) (export "0" (func $m "dtor"))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $d (instantiate $D))
  (export "run" (func $d "run")))
