;; A memory (not shared: the engine makes none by default) of one module, used by another; atomics with offsets, a fence, notify.
;; call: run() => 1077
(component
  (core module $a (memory (export "m") 1)
    (func (export "peek") (result i32) (i32.atomic.load offset=8 (i32.const 0))))
  (core instance $a (instantiate $a))
  (core module $b
    (import "a" "m" (memory $m 1))
    (import "a" "peek" (func $peek (result i32)))
    (memory $own 1)
    (data $d "\07\00\00\00")
    (func (export "run") (result i32)
      (memory.init $m $d (i32.const 8) (i32.const 0) (i32.const 4))
      (drop (i32.atomic.rmw.add $m offset=4 (i32.const 4) (i32.const 70)))
      (atomic.fence)
      (drop (memory.atomic.notify $m offset=8 (i32.const 0) (i32.const 1)))
      (drop (i64.atomic.rmw16.cmpxchg_u $own (i32.const 0) (i64.const 0) (i64.const 1000)))
      (i32.add (i32.atomic.load16_u $own (i32.const 0)) (call $peek))))
  (core instance $b (instantiate $b (with "a" (instance $a))))
  (func (export "run") (result u32) (canon lift (core func $b "run"))))
