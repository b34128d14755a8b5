;; An empty list and an empty string are allocated too, with their alignment and size zero.
;; call: run() => 8001
(component
  (component $L
    (core module $M (memory (export "m") 1) (global $log (mut i32) (i32.const 0))
      (func (export "r") (param i32 i32 i32 i32) (result i32)
        (global.set $log (i32.add (i32.mul (global.get $log) (i32.const 1000)) (i32.add (local.get 2) (local.get 3))))
        (i32.const 64))
      (func (export "f") (param i32 i32 i32 i32) (result i32) (global.get $log)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "l" (list u64)) (param "s" string) (result u32) (canon lift (core func $m "f")
      (memory (core memory $m "m")) (realloc (core func $m "r")))))
  (instance $l (instantiate $L))
  (core module $Mem (memory (export "m") 1))
  (core instance $mem (instantiate $Mem))
  (core func $f (canon lower (func $l "f") (memory (core memory $mem "m"))))
  (core module $M (import "" "f" (func $f (param i32 i32 i32 i32) (result i32)))
    (func (export "run") (result i32) (call $f (i32.const 8) (i32.const 0) (i32.const 0) (i32.const 0))))
  (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
