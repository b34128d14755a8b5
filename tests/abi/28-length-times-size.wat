;; Item 28: a length whose size in bytes passes 2³² traps.
;; call: u32() traps list-out-of-bounds
;; call: u64() traps list-out-of-bounds
;; call: wide() traps list-out-of-bounds
;; call: bytes() traps list-out-of-bounds
;; call: not-quite() traps list-out-of-bounds
(component
  (component $P
    (core module $M
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
    (func (export "log") (result i32) (i32.const 0))
    (func (export "fu32") (param i32 i32) (result i32) (local.get 1))
    (func (export "fu64") (param i32 i32) (result i32) (local.get 1))
    (func (export "fu8") (param i32 i32) (result i32) (local.get 1))
    (func (export "fw") (param i32 i32) (result i32) (local.get 1)))
    (core instance $m (instantiate $M))
    (func (export "fu32") (param "x" (list u32)) (result u32) (canon lift (core func $m "fu32") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "fu64") (param "x" (list u64)) (result u32) (canon lift (core func $m "fu64") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "fu8") (param "x" (list u8)) (result u32) (canon lift (core func $m "fu8") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "fw") (param "x" (list (tuple u32 bool))) (result u32) (canon lift (core func $m "fw") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $C
    (import "p" (instance $p
      (export "fu32" (func (param "x" (list u32)) (result u32)))
      (export "fu64" (func (param "x" (list u64)) (result u32)))
      (export "fu8" (func (param "x" (list u8)) (result u32)))
      (export "fw" (func (param "x" (list (tuple u32 bool))) (result u32)))))
    (core module $Memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "log") (result i32) (i32.const 0)))
    (core instance $memory (instantiate $Memory))
    (core func $fu32 (canon lower (func $p "fu32") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $fu64 (canon lower (func $p "fu64") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $fu8 (canon lower (func $p "fu8") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $fw (canon lower (func $p "fw") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core module $M
      (import "" "fu32" (func $fu32 (param i32 i32) (result i32)))
      (import "" "fu64" (func $fu64 (param i32 i32) (result i32)))
      (import "" "fu8" (func $fu8 (param i32 i32) (result i32)))
      (import "" "fw" (func $fw (param i32 i32) (result i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (func (export "u32") (result i32) (call $fu32 (i32.const 64) (i32.const 0x40000000)))
      (func (export "u64") (result i32) (call $fu64 (i32.const 64) (i32.const 0x20000000)))
      (func (export "wide") (result i32) (call $fw (i32.const 64) (i32.const 0x20000000)))
      (func (export "bytes") (result i32) (call $fu8 (i32.const 64) (i32.const 0xffffffff)))
      (func (export "not-quite") (result i32) (call $fu32 (i32.const 64) (i32.const 0x3fffffff))))
    (core instance $m (instantiate $M
      (with "" (instance (export "fu32" (func $fu32)) (export "fu64" (func $fu64)) (export "fu8" (func $fu8)) (export "fw" (func $fw))))
      (with "memory" (instance $memory))))
    (func (export "u32") (result u32) (canon lift (core func $m "u32")))
    (func (export "u64") (result u32) (canon lift (core func $m "u64")))
    (func (export "wide") (result u32) (canon lift (core func $m "wide")))
    (func (export "bytes") (result u32) (canon lift (core func $m "bytes")))
    (func (export "not-quite") (result u32) (canon lift (core func $m "not-quite")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "u32") (alias export $c "u32"))
  (func (export "u64") (alias export $c "u64"))
  (func (export "wide") (alias export $c "wide"))
  (func (export "bytes") (alias export $c "bytes"))
  (func (export "not-quite") (alias export $c "not-quite")))
