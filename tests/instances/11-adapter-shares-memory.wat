;; An adapter module uses the main module's memory and realloc, and the main module calls it.
;; form: component
;; host: get-text = "hello"
;; call: run() => 532
;; trace: get-text()
;; trace: put-text("hello!")
(component
  (import "get-text" (func $get (result string)))
  (import "put-text" (func $put (param "s" string)))
  (core module $shim
    (table (export "$imports") 3 3 funcref)
    (func (export "0") (param i32) (call_indirect (param i32) (local.get 0) (i32.const 0)))
    (func (export "1") (param i32 i32) (call_indirect (param i32 i32) (local.get 0) (local.get 1) (i32.const 1)))
    (func (export "2") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 2))))
  (core instance $shim (instantiate $shim))
  (core module $main
    (import "old" "length" (func $length (param i32) (result i32)))
    (import "host" "put" (func $put (param i32 i32)))
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 512))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $p i32)
      (local.set $p (global.get $top)) (global.set $top (i32.add (local.get $p) (i32.const 32))) (local.get $p))
    (func (export "run") (result i32) (local $n i32)
      (local.set $n (call $length (i32.const 16)))
      (i32.store8 (i32.add (i32.load (i32.const 16)) (local.get $n)) (i32.const 33))
      (call $put (i32.load (i32.const 16)) (i32.add (local.get $n) (i32.const 1)))
      (i32.add (i32.mul (local.get $n) (i32.const 4)) (i32.load (i32.const 16)))))
  (core instance $main (instantiate $main (with "old" (instance (export "length" (func $shim "2"))))
    (with "host" (instance (export "put" (func $shim "1"))))))
  (core module $adapter
    (import "env" "memory" (memory 0))
    (import "host" "get" (func $get (param i32)))
    (import "main" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (global $own (mut i32) (i32.const 0))
    (func (export "length") (param i32) (result i32)
      (global.set $own (i32.add (global.get $own) (i32.const 1)))
      (call $get (local.get 0)) (i32.load offset=4 (local.get 0)))
    (func (export "import_realloc") (param i32 i32 i32 i32) (result i32)
      (call $realloc (local.get 0) (local.get 1) (local.get 2) (local.get 3))))
  (core instance $adapter (instantiate $adapter (with "env" (instance $main))
    (with "main" (instance $main)) (with "host" (instance (export "get" (func $shim "0"))))))
  (core func $get (canon lower (func $get) (memory (core memory $main "memory")) (realloc (core func $adapter "import_realloc"))))
  (core func $put (canon lower (func $put) (memory (core memory $main "memory"))))
  (core module $fixups
    (import "" "0" (func $0 (param i32))) (import "" "1" (func $1 (param i32 i32))) (import "" "2" (func $2 (param i32) (result i32)))
    (import "" "$imports" (table 3 3 funcref))
    (elem (i32.const 0) func $0 $1 $2))
  (core instance (instantiate $fixups (with "" (instance
    (export "$imports" (table $shim "$imports")) (export "0" (func $get)) (export "1" (func $put))
    (export "2" (func $adapter "length"))))))
  (func (export "run") (result u32) (canon lift (core func $main "run"))))
