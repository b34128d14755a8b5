;; Item 22: joined values of a variant so large that adapters share its conversion, with dirty bits.
;; call: run(5) => 4000003000205
;; call: run(21) => 4000003000221
;; call: run(22) => 4295967299025822
;; call: run(23) => 23
;; call: again(5) => 4000003000205
;; call: run(24) traps invalid-discriminant
(component
  (component $P
    (core module $M
      ;; Tells all four core values: discriminant, i32, i64, i32.
      (func (export "f") (param i32 i32 i64 i32) (result i64)
        (i64.add
          (i64.add (i64.extend_i32_u (local.get 0)) (i64.mul (i64.const 100) (i64.extend_i32_u (local.get 1))))
          (i64.add (i64.mul (i64.const 1000000) (local.get 2))
            (i64.mul (i64.const 1000000000000) (i64.extend_i32_u (local.get 3)))))))
    (core instance $m (instantiate $M))
    (type $v' (variant (case "c0" (tuple u8 u8 u8)) (case "c1" (tuple u8 u8 u8)) (case "c2" (tuple u8 u8 u8)) (case "c3" (tuple u8 u8 u8)) (case "c4" (tuple u8 u8 u8)) (case "c5" (tuple u8 u8 u8)) (case "c6" (tuple u8 u8 u8)) (case "c7" (tuple u8 u8 u8)) (case "c8" (tuple u8 u8 u8)) (case "c9" (tuple u8 u8 u8)) (case "c10" (tuple u8 u8 u8)) (case "c11" (tuple u8 u8 u8)) (case "c12" (tuple u8 u8 u8)) (case "c13" (tuple u8 u8 u8)) (case "c14" (tuple u8 u8 u8)) (case "c15" (tuple u8 u8 u8)) (case "c16" (tuple u8 u8 u8)) (case "c17" (tuple u8 u8 u8)) (case "c18" (tuple u8 u8 u8)) (case "c19" (tuple u8 u8 u8)) (case "c20" (tuple u8 u8 u8)) (case "c21" (tuple u8 u8 u8)) (case "c22" (tuple f32 u64 bool)) (case "c23")))
    (export $v "v" (type $v'))
    (func (export "f") (param "x" $v) (result u64) (canon lift (core func $m "f")))
    (func (export "g") (param "x" $v) (result u64) (canon lift (core func $m "f"))))
  (component $C
    (import "p" (instance $p
      (type $v' (variant (case "c0" (tuple u8 u8 u8)) (case "c1" (tuple u8 u8 u8)) (case "c2" (tuple u8 u8 u8)) (case "c3" (tuple u8 u8 u8)) (case "c4" (tuple u8 u8 u8)) (case "c5" (tuple u8 u8 u8)) (case "c6" (tuple u8 u8 u8)) (case "c7" (tuple u8 u8 u8)) (case "c8" (tuple u8 u8 u8)) (case "c9" (tuple u8 u8 u8)) (case "c10" (tuple u8 u8 u8)) (case "c11" (tuple u8 u8 u8)) (case "c12" (tuple u8 u8 u8)) (case "c13" (tuple u8 u8 u8)) (case "c14" (tuple u8 u8 u8)) (case "c15" (tuple u8 u8 u8)) (case "c16" (tuple u8 u8 u8)) (case "c17" (tuple u8 u8 u8)) (case "c18" (tuple u8 u8 u8)) (case "c19" (tuple u8 u8 u8)) (case "c20" (tuple u8 u8 u8)) (case "c21" (tuple u8 u8 u8)) (case "c22" (tuple f32 u64 bool)) (case "c23")))
      (export "v" (type $v (eq $v')))
      (export "f" (func (param "x" $v) (result u64)))
      (export "g" (func (param "x" $v) (result u64)))))
    (core func $f (canon lower (func $p "f")))
    (core func $g (canon lower (func $p "g")))
    (core module $M
      (import "" "f" (func $f (param i32 i32 i64 i32) (result i64)))
      (import "" "g" (func $g (param i32 i32 i64 i32) (result i64)))
      (func (export "run") (param i32) (result i64)
        (call $f (local.get 0) (i32.const 0x102) (i64.const 0x100000003) (i32.const 0x204)))
      (func (export "again") (param i32) (result i64)
        (call $g (local.get 0) (i32.const 0x102) (i64.const 0x100000003) (i32.const 0x204))))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f)) (export "g" (func $g))))))
    (func (export "run") (param "case" u32) (result u64) (canon lift (core func $m "run")))
    (func (export "again") (param "case" u32) (result u64) (canon lift (core func $m "again"))))
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "run") (alias export $c "run"))
  (func (export "again") (alias export $c "again")))
