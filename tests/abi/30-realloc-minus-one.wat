;; Item 30: what realloc returns is checked (-1).
;; call: list() traps unaligned-pointer
;; call: bytes() traps list-out-of-bounds
;; call: empty() traps unaligned-pointer
;; call: spilled() traps unaligned-pointer
;; call: string() traps string-out-of-bounds
;; call: wide() traps unaligned-pointer
(component
  (component $P
    (core module $M
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const -1))
    (func (export "log") (result i32) (i32.const 0))
    (func (export "fu32") (param i32 i32) (result i32) (local.get 1))
    (func (export "fu8") (param i32 i32) (result i32) (local.get 1))
    (func (export "fs") (param i32 i32) (result i32) (local.get 1))
    (func (export "fw") (param i32 i32) (result i32) (local.get 1))
    (func (export "f17") (param i32) (result i32) (i32.const 0)))
    (core instance $m (instantiate $M))
    (func (export "fu32") (param "x" (list u32)) (result u32) (canon lift (core func $m "fu32") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "fu8") (param "x" (list u8)) (result u32) (canon lift (core func $m "fu8") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "fs") (param "x" string) (result u32) (canon lift (core func $m "fs") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "f17") (param "a0" u32) (param "a1" u32) (param "a2" u32) (param "a3" u32) (param "a4" u32) (param "a5" u32) (param "a6" u32) (param "a7" u32) (param "a8" u32) (param "a9" u32) (param "a10" u32) (param "a11" u32) (param "a12" u32) (param "a13" u32) (param "a14" u32) (param "a15" u32) (param "a16" u32) (result u32) (canon lift (core func $m "f17") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "fw") (param "x" (list (tuple u32 bool))) (result u32) (canon lift (core func $m "fw") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $C
    (import "p" (instance $p
      (export "fu32" (func (param "x" (list u32)) (result u32)))
      (export "fu8" (func (param "x" (list u8)) (result u32)))
      (export "fs" (func (param "x" string) (result u32)))
      (export "f17" (func (param "a0" u32) (param "a1" u32) (param "a2" u32) (param "a3" u32) (param "a4" u32) (param "a5" u32) (param "a6" u32) (param "a7" u32) (param "a8" u32) (param "a9" u32) (param "a10" u32) (param "a11" u32) (param "a12" u32) (param "a13" u32) (param "a14" u32) (param "a15" u32) (param "a16" u32) (result u32)))
      (export "fw" (func (param "x" (list (tuple u32 bool))) (result u32)))))
    (core module $Memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "log") (result i32) (i32.const 0)))
    (core instance $memory (instantiate $Memory))
    (core func $fu32 (canon lower (func $p "fu32") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $fu8 (canon lower (func $p "fu8") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $fs (canon lower (func $p "fs") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $f17 (canon lower (func $p "f17") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $fw (canon lower (func $p "fw") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core module $M
      (import "" "fu32" (func $fu32 (param i32 i32) (result i32)))
      (import "" "fu8" (func $fu8 (param i32 i32) (result i32)))
      (import "" "fs" (func $fs (param i32 i32) (result i32)))
      (import "" "f17" (func $f17 (param i32) (result i32)))
      (import "" "fw" (func $fw (param i32 i32) (result i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (func (export "list") (result i32) (call $fu32 (i32.const 64) (i32.const 3)))
      (func (export "bytes") (result i32) (call $fu8 (i32.const 64) (i32.const 3)))
      (func (export "empty") (result i32) (call $fu32 (i32.const 64) (i32.const 0)))
      (func (export "string") (result i32) (call $fs (i32.const 64) (i32.const 3)))
      (func (export "wide") (result i32) (call $fw (i32.const 64) (i32.const 3)))
      (func (export "spilled") (result i32) (call $f17 (i32.const 64))))
    (core instance $m (instantiate $M
      (with "" (instance (export "fu32" (func $fu32)) (export "fu8" (func $fu8)) (export "fs" (func $fs)) (export "f17" (func $f17)) (export "fw" (func $fw))))
      (with "memory" (instance $memory))))
    (func (export "list") (result u32) (canon lift (core func $m "list")))
    (func (export "bytes") (result u32) (canon lift (core func $m "bytes")))
    (func (export "empty") (result u32) (canon lift (core func $m "empty")))
    (func (export "spilled") (result u32) (canon lift (core func $m "spilled")))
    (func (export "string") (result u32) (canon lift (core func $m "string")))
    (func (export "wide") (result u32) (canon lift (core func $m "wide")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "list") (alias export $c "list"))
  (func (export "bytes") (alias export $c "bytes"))
  (func (export "empty") (alias export $c "empty"))
  (func (export "spilled") (alias export $c "spilled"))
  (func (export "string") (alias export $c "string"))
  (func (export "wide") (alias export $c "wide")))
