;; Item 37: a realloc may not leave (drop), whoever calls.
;; call: run() traps cannot-leave
;; call: empty() traps cannot-leave
(component
  (component $Q
    (core module $M (func (export "tick") (result i32) (i32.const 5)))
    (core instance $m (instantiate $M))
    (func (export "tick") (result u32) (canon lift (core func $m "tick"))))
  (instance $q (instantiate $Q))
  (component $P
    (import "tick" (func $tick (result u32)))
    (core func $tick (canon lower (func $tick)))
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core func $drop (canon resource.drop $r))
    (core module $M
      (import "" "tick" (func $tick (result i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (drop (call $new (i32.const 1))) (call $drop (i32.const 1)) (i32.const 1024))
      (func (export "f") (param i32 i32) (result i32) (local.get 1)))
    (core instance $m (instantiate $M (with "" (instance (export "tick" (func $tick)) (export "new" (func $new)) (export "drop" (func $drop))))))
    (func (export "f") (param "s" string) (result u32) (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (instance $p (instantiate $P (with "tick" (func $q "tick"))))
  (component $C
    (import "f" (func $f (param "s" string) (result u32)))
    (core module $Memory
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $f) (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core module $M
      (import "" "f" (func $f (param i32 i32) (result i32)))
      (import "memory" "memory" (memory 1))
      (func (export "run") (result i32) (call $f (i32.const 64) (i32.const 3)))
      (func (export "empty") (result i32) (call $f (i32.const 64) (i32.const 0))))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f)))) (with "memory" (instance $memory))))
    (func (export "run") (result u32) (canon lift (core func $m "run")))
    (func (export "empty") (result u32) (canon lift (core func $m "empty")))
  )
  (instance $c (instantiate $C (with "f" (func $p "f"))))
  (func (export "run") (alias export $c "run"))
  (func (export "empty") (alias export $c "empty"))
)
