;; Items 19, 20, 24: in long lists, too, padding stays and the first bad element decides the trap.
;; call: padded() => 9426019721
;; call: bad(40, 40) => 41
;; call: bad(7, 40) traps invalid-char
;; call: bad(40, 7) traps invalid-discriminant
;; call: bad(9, 8) traps invalid-discriminant
;; call: bad(8, 9) traps invalid-char
;; call: bad(8, 8) traps invalid-discriminant
(component
  (component $P
    (core module $M
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
      (func (export "f") (param $at i32) (param $n i32) (result i64)
        (local $sum i64)
        ;; Every byte of the list, padding included.
        (local.set $n (i32.mul (local.get $n) (i32.const 8)))
        (loop $again
          (local.set $n (i32.sub (local.get $n) (i32.const 4)))
          (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 3))
            (i64.load32_u (i32.add (local.get $at) (local.get $n)))))
          (br_if $again (local.get $n)))
        (local.get $sum))
      (func (export "g") (param i32 i32) (result i32) (local.get 1))
      (func $fill (memory.fill (i32.const 4096) (i32.const 0x55) (i32.const 1024)))
      (start $fill))
    (core instance $m (instantiate $M))
    (type $e' (enum "a" "b" "c")) (export $e "e" (type $e'))
    (func (export "f") (param "x" (list (tuple u8 u32))) (result u64)
      (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "g") (param "x" (list (tuple $e char))) (result u32)
      (canon lift (core func $m "g") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $C
    (import "p" (instance $p
      (type $e' (enum "a" "b" "c")) (export "e" (type $e (eq $e')))
      (export "f" (func (param "x" (list (tuple u8 u32))) (result u64)))
      (export "g" (func (param "x" (list (tuple $e char))) (result u32)))))
    (core module $Memory
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (core func $g (canon lower (func $p "g") (memory (core memory $memory "memory"))))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "f" (func $f (param i32 i32) (result i64)))
      (import "" "g" (func $g (param i32 i32) (result i32)))
      (func (export "padded") (result i64)
        (memory.fill (i32.const 64) (i32.const 0xff) (i32.const 72))
        (i64.rem_u (call $f (i32.const 64) (i32.const 9)) (i64.const 9999999967)))
      (func (export "bad") (param $char i32) (param $enum i32) (result i32)
        (memory.fill (i32.const 64) (i32.const 0) (i32.const 328))
        ;; Of 41 elements the last is valid in either case.
        (i32.store (i32.add (i32.const 68) (i32.mul (local.get $char) (i32.const 8)))
          (select (i32.const 0x10ffff) (i32.const 0xd800) (i32.eq (local.get $char) (i32.const 40))))
        (i32.store8 (i32.add (i32.const 64) (i32.mul (local.get $enum) (i32.const 8)))
          (select (i32.const 2) (i32.const 3) (i32.eq (local.get $enum) (i32.const 40))))
        (call $g (i32.const 64) (i32.const 41))))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $memory "memory")) (export "f" (func $f)) (export "g" (func $g))))))
    (func (export "padded") (result u64) (canon lift (core func $m "padded")))
    (func (export "bad") (param "char" u32) (param "enum" u32) (result u32) (canon lift (core func $m "bad"))))
  (instance $p (instantiate $P))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "padded") (alias export $c "padded"))
  (func (export "bad") (alias export $c "bad")))
