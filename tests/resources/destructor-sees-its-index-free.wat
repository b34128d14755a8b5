;; Item 52: an entry is freed before its destructor runs, so a destructor that makes a handle gets that index.
;; call: run() => 1
(component
  (component $D
    (core module $Shim
      (type $f (func (param i32)))
      (table (export "$imports") 1 1 funcref)
      (func (export "0") (param i32)
        (call_indirect (type $f) (local.get 0) (i32.const 0))))
    (core instance $shim (instantiate $Shim))
    (type $r (resource (rep i32) (dtor (core func $shim "0"))))
    (export $R "r" (type $r))
    (core func $new (canon resource.new $r))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (global $seen (mut i32) (i32.const 0))
      (func (export "dtor") (param i32)
        ;; once only: the handle made here stays
        (if (i32.eqz (global.get $seen))
          (then (global.set $seen (call $new (i32.const 9))))))
      (func (export "make") (result i32) (call $new (i32.const 8)))
      (func (export "seen") (result i32) (global.get $seen)))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
    (core module $Fixups
      (import "" "$imports" (table 1 1 funcref))
      (import "" "0" (func $dtor (param i32)))
      (elem (i32.const 0) func $dtor))
    (core instance (instantiate $Fixups (with "" (instance
      (export "$imports" (table $shim "$imports")) (export "0" (func $m "dtor"))))))
    (func (export "make") (result (own $R)) (canon lift (core func $m "make")))
    (func (export "seen") (result u32) (canon lift (core func $m "seen"))))
  (component $C
    (import "d" (instance $d
      (export "r" (type $X (sub resource)))
      (export "make" (func (result (own $X))))
      (export "seen" (func (result u32)))))
    (alias export $d "r" (type $R))
    (core func $drop (canon resource.drop $R))
    (core func $make (canon lower (func $d "make")))
    (core func $seen (canon lower (func $d "seen")))
    (core module $M
      (import "" "drop" (func $drop (param i32)))
      (import "" "make" (func $make (result i32)))
      (import "" "seen" (func $seen (result i32)))
      (func (export "run") (result i32)
        (call $drop (call $make))
        (call $seen)))
    (core instance $m (instantiate $M (with "" (instance
      (export "drop" (func $drop)) (export "make" (func $make)) (export "seen" (func $seen))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $d (instantiate $D))
  (instance $c (instantiate $C (with "d" (instance $d))))
  (export "run" (func $c "run")))
