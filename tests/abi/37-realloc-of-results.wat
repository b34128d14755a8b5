;; Item 37: the realloc of the caller may not leave either, and afterwards the caller may again.
;; call: bad() traps cannot-leave
;; call: good() => 16
(component
  (component $Q
    (core module $M (func (export "tick") (result i32) (i32.const 5)))
    (core instance $m (instantiate $M))
    (func (export "tick") (result u32) (canon lift (core func $m "tick"))))
  (instance $q (instantiate $Q))
  (component $P
    (core module $M
      (memory (export "memory") 1)
      (data (i32.const 64) "\50\00\00\00\03\00\00\00")
      (func (export "f") (result i32) (i32.const 64)))
    (core instance $m (instantiate $M))
    (func (export "f") (result string) (canon lift (core func $m "f") (memory (core memory $m "memory")))))
  (instance $p (instantiate $P))
  (component $C
    (import "f" (func $f (result string)))
    (import "tick" (func $tick (result u32)))
    (core func $tick (canon lower (func $tick)))
    (core module $Memory
      (import "" "tick" (func $tick (result i32)))
      (memory (export "memory") 1)
      (global $leave (export "leave") (mut i32) (i32.const 0))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (global.get $leave) (then (drop (call $tick)))) (i32.const 1024)))
    (core instance $memory (instantiate $Memory (with "" (instance (export "tick" (func $tick))))))
    (core func $f (canon lower (func $f) (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core module $M
      (import "" "f" (func $f (param i32)))
      (import "" "tick" (func $tick (result i32)))
      (import "memory" "leave" (global $leave (mut i32)))
      (import "memory" "memory" (memory 1))
      (func (export "good") (result i32) (call $f (i32.const 8))
        (i32.add (call $tick) (i32.add (i32.load (i32.const 12)) (i32.shr_u (i32.load (i32.const 8)) (i32.const 7)))))
      (func (export "bad") (result i32) (global.set $leave (i32.const 1)) (call $f (i32.const 8)) (i32.const 0)))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f)) (export "tick" (func $tick)))) (with "memory" (instance $memory))))
    (func (export "good") (result u32) (canon lift (core func $m "good")))
    (func (export "bad") (result u32) (canon lift (core func $m "bad"))))
  (instance $c (instantiate $C (with "f" (func $p "f")) (with "tick" (func $q "tick"))))
  (func (export "good") (alias export $c "good"))
  (func (export "bad") (alias export $c "bad"))
)
