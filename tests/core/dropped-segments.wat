;; Active segments are dropped after instantiation, in every instance of the module; passive ones by hand.
;; call: active() traps memory-out-of-bounds
;; call: active() traps cannot-enter
(component
  (core module $m (memory 1) (data $d (i32.const 0) "\01\02")
    (func (export "f") (memory.init $d (i32.const 8) (i32.const 0) (i32.const 1))))
  (core instance $m (instantiate $m))
  (func (export "active") (canon lift (core func $m "f"))))
