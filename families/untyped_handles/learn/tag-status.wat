  ;; Bits 28 to 30 of the number say the type; a wrong one, or a negative number, is a bad handle.
  (func $encode (param $raw i32) (param $kind i32) (result i32)
    (if (i32.shr_u (local.get $raw) (i32.const 28)) (then (return (i32.const 0))))
    (i32.or (local.get $raw) (i32.shl (local.get $kind) (i32.const 28))))
  (func $raw (param $n i32) (result i32) (i32.and (local.get $n) (i32.const 0x0fffffff)))
  (func $kind (param $n i32) (result i32)
    ;; a number without the bits of its index is index 0, which is never valid
    (if (i32.eqz (call $raw (local.get $n))) (then (return (i32.const -1))))
    (if (result i32) (i32.lt_u (i32.shr_u (local.get $n) (i32.const 28)) (i32.const @kinds@))
      (then (i32.shr_u (local.get $n) (i32.const 28)))
      (else (i32.const -1))))
  (func $as (param $n i32) (param $kind i32) (result i32) (call $kind (local.get $n)))
  (func $forget (param $n i32))
