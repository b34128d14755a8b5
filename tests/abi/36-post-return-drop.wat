;; Item 36: a post-return may leave (drop) where a guest called, and may not where the host did.
;; call: run() => 7
;; call: root() traps cannot-leave
;; form: component
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
      (func (export "f") (result i32) (drop (call $new (i32.const 1))) (i32.const 7))
      (func (export "post") (param i32) (call $drop (i32.const 1))))
    (core instance $m (instantiate $M (with "" (instance (export "tick" (func $tick)) (export "new" (func $new)) (export "drop" (func $drop))))))
    (func (export "f") (result u32) (canon lift (core func $m "f") (post-return (core func $m "post")))))
  (instance $p (instantiate $P (with "tick" (func $q "tick"))))
  (component $C
    (import "f" (func $f (result u32)))
    (core module $Memory
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $f) (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core module $M
      (import "" "f" (func $f (result i32)))
      (import "memory" "memory" (memory 1))
      (func (export "run") (result i32) (call $f)))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f)))) (with "memory" (instance $memory))))
    (func (export "run") (result u32) (canon lift (core func $m "run")))
  )
  (instance $c (instantiate $C (with "f" (func $p "f"))))
  (func (export "root") (alias export $p "f"))
  (func (export "run") (alias export $c "run"))
)
