;; Several memories in one module, copied between, of 32 and 64 bits, grown and sized.
;; call: run() => 131071
(component
  (core module $a
    (memory (export "one") 1 4)
    (memory (export "two") i64 1 3)
    (data (memory 1) (i64.const 65530) "\01\02\03\04\05\06"))
  (core instance $a (instantiate $a))
  (core module $b
    (import "a" "two" (memory $two i64 1))
    (import "a" "one" (memory $one 1))
    (memory $own i64 2 2)
    (data $late "\09")
    (func (export "run") (result i32)
      (if (i32.wrap_i64 (memory.grow $own (i64.const 1))) (then) (else unreachable))
      (if (i64.ne (memory.grow $two (i64.const 1)) (i64.const 1)) (then unreachable))
      (if (i32.ne (memory.grow $one (i32.const 2)) (i32.const 1)) (then unreachable))
      (memory.copy $one $two (i32.const 100) (i64.const 65530) (i32.const 6))
      (memory.copy $own $one (i64.const 0x1fff0) (i32.const 100) (i32.const 6))
      (memory.fill $two (i64.const 0) (i32.const 5) (i64.const 9))
      (memory.init $own $late (i64.const 0) (i32.const 0) (i32.const 1))
      (data.drop $late)
      (if (i32.ne (i32.load8_u $own offset=0x1fff5 (i64.const 0)) (i32.const 6)) (then unreachable))
      (if (i32.ne (i32.load8_u $own (i64.const 0)) (i32.const 9)) (then unreachable))
      (if (i32.ne (i32.load8_u $two offset=8 (i64.const 0)) (i32.const 5)) (then unreachable))
      (i32.wrap_i64 (i64.sub (i64.shl (memory.size $own) (i64.const 16)) (i64.const 1)))))
  (core instance $b (instantiate $b (with "a" (instance $a))))
  (func (export "run") (result u32) (canon lift (core func $b "run"))))
