;; A start function sees tables and memories as they are when it runs, not as later modules fill them.
;; call: first() => 1
;; call: late() => 11
(component
  (core module $a (table (export "t") 2 funcref) (memory (export "m") 1)
    (elem (i32.const 0) func $one) (data (i32.const 0) "\01")
    (func $one (result i32) (i32.const 1)))
  (core instance $a (instantiate $a))
  (core module $s
    (import "a" "t" (table 2 funcref)) (import "a" "m" (memory 1))
    (global $seen (mut i32) (i32.const 0))
    (func $start (if (ref.is_null (table.get (i32.const 1))) (then (global.set $seen (i32.load8_u (i32.const 0))))))
    (start $start)
    (func (export "seen") (result i32) (global.get $seen)))
  (core instance $s (instantiate $s (with "a" (instance $a))))
  (core module $f
    (import "a" "t" (table 2 funcref)) (import "a" "m" (memory 1))
    (elem (i32.const 1) func $two) (data (i32.const 0) "\09")
    (func $two (result i32) (i32.const 2)))
  (core instance $f (instantiate $f (with "a" (instance $a))))
  (core module $r
    (import "a" "t" (table 2 funcref)) (import "a" "m" (memory 1))
    (func (export "late") (result i32)
      (i32.add (call_indirect (result i32) (i32.const 1)) (i32.load8_u (i32.const 0)))))
  (core instance $r (instantiate $r (with "a" (instance $a))))
  (func (export "first") (result u32) (canon lift (core func $s "seen")))
  (func (export "late") (result u32) (canon lift (core func $r "late"))))
