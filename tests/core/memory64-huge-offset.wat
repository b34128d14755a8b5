;; A memarg offset beyond 32 bits traps as out of bounds.
;; call: run() traps memory-out-of-bounds
(component
  (core module $z (memory 1) (func (export "f")))
  (core instance $z (instantiate $z))
  (core module $b (memory i64 1)
    (func (export "run") (result i32) (i32.load offset=0x100000000000 (i64.const 0))))
  (core instance $b (instantiate $b))
  (func (export "run") (result u32) (canon lift (core func $b "run"))))
