;; Item 30: the answer of realloc to fit a string from utf8 to latin1+utf16: odd.
;; call: run() traps unaligned-pointer
(component
  (component $P
    (core module $M
    (memory (export "memory") 1)
    (global $n (mut i32) (i32.const 0))
    (func (export "realloc") (param $old i32) (param $was i32) (param i32) (param $size i32) (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (if (i32.eq (global.get $n) (i32.const 2)) (then (return (i32.const 4097))))
      (i32.add (i32.const 1024) (i32.mul (global.get $n) (i32.const 1024))))
    (func (export "f") (param i32 i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "s" string) (result u32) (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc")) string-encoding=latin1+utf16)))
  (component $C
    (import "p" (instance $p
      (export "f" (func (param "s" string) (result u32)))))
    (core module $Memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable) (func (export "log") (result i32) (i32.const 0)))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")) string-encoding=utf8))
    (core module $M
      (import "" "f" (func $f (param i32 i32) (result i32)))
      (import "memory" "memory" (memory 1))
      (import "memory" "log" (func $log (result i32)))
      (data (i32.const 64) "\61\c3\a9\c3\a9\c3\a9\c3\a9\c3\a9")
      (func (export "run") (result i32) (call $f (i32.const 64) (i32.const 11))))
    (core instance $m (instantiate $M
      (with "" (instance (export "f" (func $f))))
      (with "memory" (instance $memory))))
    (func (export "run") (result u32) (canon lift (core func $m "run")))
  )
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "run") (alias export $c "run")))
