;; Item 27: a list must lie in its memory to the last byte.
;; call: last() => 16384
;; call: one-more() traps list-out-of-bounds
;; call: bytes() => 65536
;; call: bytes-more() traps list-out-of-bounds
;; call: wide-last() => 8192
;; call: wide-more() traps list-out-of-bounds
(component
  (component $P
    (core module $M
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (drop (memory.grow (i32.const 1))) (i32.const 65536))
    (func (export "fu32") (param i32 i32) (result i32) (local.get 1))
    (func (export "fu8") (param i32 i32) (result i32) (local.get 1))
    (func (export "fw") (param i32 i32) (result i32) (local.get 1)))
    (core instance $m (instantiate $M))
    (func (export "fu32") (param "x" (list u32)) (result u32) (canon lift (core func $m "fu32") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "fu8") (param "x" (list u8)) (result u32) (canon lift (core func $m "fu8") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "fw") (param "x" (list (tuple u32 bool))) (result u32) (canon lift (core func $m "fw") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $C
    (import "p" (instance $p
      (export "fu32" (func (param "x" (list u32)) (result u32)))
      (export "fu8" (func (param "x" (list u8)) (result u32)))
      (export "fw" (func (param "x" (list (tuple u32 bool))) (result u32)))))
    (core module $Memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "log") (result i32) (i32.const 0)))
    (core instance $memory (instantiate $Memory))
    (core func $fu32 (canon lower (func $p "fu32") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $fu8 (canon lower (func $p "fu8") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $fw (canon lower (func $p "fw") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core module $M
      (import "" "fu32" (func $fu32 (param i32 i32) (result i32)))
      (import "" "fu8" (func $fu8 (param i32 i32) (result i32)))
      (import "" "fw" (func $fw (param i32 i32) (result i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (func (export "last") (result i32) (call $fu32 (i32.const 0) (i32.const 16384)))
      (func (export "one-more") (result i32) (call $fu32 (i32.const 4) (i32.const 16384)))
      (func (export "bytes") (result i32) (call $fu8 (i32.const 0) (i32.const 65536)))
      (func (export "bytes-more") (result i32) (call $fu8 (i32.const 1) (i32.const 65536)))
      (func (export "wide-last") (result i32) (call $fw (i32.const 0) (i32.const 8192)))
      (func (export "wide-more") (result i32) (call $fw (i32.const 8) (i32.const 8192))))
    (core instance $m (instantiate $M
      (with "" (instance (export "fu32" (func $fu32)) (export "fu8" (func $fu8)) (export "fw" (func $fw))))
      (with "memory" (instance $memory))))
    (func (export "last") (result u32) (canon lift (core func $m "last")))
    (func (export "one-more") (result u32) (canon lift (core func $m "one-more")))
    (func (export "bytes") (result u32) (canon lift (core func $m "bytes")))
    (func (export "bytes-more") (result u32) (canon lift (core func $m "bytes-more")))
    (func (export "wide-last") (result u32) (canon lift (core func $m "wide-last")))
    (func (export "wide-more") (result u32) (canon lift (core func $m "wide-more")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "last") (alias export $c "last"))
  (func (export "one-more") (alias export $c "one-more"))
  (func (export "bytes") (alias export $c "bytes"))
  (func (export "bytes-more") (alias export $c "bytes-more"))
  (func (export "wide-last") (alias export $c "wide-last"))
  (func (export "wide-more") (alias export $c "wide-more")))
