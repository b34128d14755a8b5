;; A shim's table, filled in full by a fix-up with lowered functions and a destructor.
;; call: run() => 1007
(component
  (component $L
    (core module $M (memory (export "m") 1) (data (i32.const 8) "seven")
      (func (export "len") (param i32) (result i32) (i32.store (i32.const 0) (i32.const 8))
        (i32.store (i32.const 4) (i32.const 5)) (i32.const 0))
      (func (export "two") (result i32) (i32.const 2)))
    (core instance $m (instantiate $M))
    (func (export "text") (param "n" u32) (result string) (canon lift (core func $m "len") (memory (core memory $m "m"))))
    (func (export "two") (result u32) (canon lift (core func $m "two"))))
  (instance $l (instantiate $L))
  (core module $shim
    (table (export "$imports") 3 3 funcref)
    (func (export "0") (param i32 i32) (call_indirect (param i32 i32) (local.get 0) (local.get 1) (i32.const 0)))
    (func (export "1") (result i32) (call_indirect (result i32) (i32.const 1)))
    (func (export "2") (param i32) (call_indirect (param i32) (local.get 0) (i32.const 2))))
  (core instance $shim (instantiate $shim))
  (type $r (resource (rep i32) (dtor (core func $shim "2"))))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core module $main
    (import "l" "text" (func $text (param i32 i32)))
    (import "l" "two" (func $two (result i32)))
    (import "r" "new" (func $new (param i32) (result i32)))
    (import "r" "drop" (func $drop (param i32)))
    (memory (export "memory") 1)
    (global $dropped (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "dtor") (param i32) (global.set $dropped (local.get 0)))
    (func (export "run") (result i32)
      (call $text (i32.const 1) (i32.const 16))
      (call $drop (call $new (i32.const 1000)))
      (i32.add (global.get $dropped) (i32.add (call $two) (i32.load (i32.const 20))))))
  (core instance $main (instantiate $main
    (with "l" (instance (export "text" (func $shim "0")) (export "two" (func $shim "1"))))
    (with "r" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
  (core func $text (canon lower (func $l "text") (memory (core memory $main "memory")) (realloc (core func $main "realloc"))))
  (core func $two (canon lower (func $l "two")))
  (core module $fixups
    (import "" "0" (func $0 (param i32 i32))) (import "" "1" (func $1 (result i32))) (import "" "2" (func $2 (param i32)))
    (import "" "$imports" (table 3 3 funcref))
    (elem (i32.const 0) func $0 $1 $2))
  (core instance (instantiate $fixups (with "" (instance
    (export "$imports" (table $shim "$imports")) (export "0" (func $text)) (export "1" (func $two))
    (export "2" (func $main "dtor"))))))
  (func (export "run") (result u32) (canon lift (core func $main "run"))))
