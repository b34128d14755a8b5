;; Tables whose initial value is an object of another module: the object itself, before elements and starts.
;; call: run() => 19
;; call: seen() => 9
(component
  (core module $a
    (type $s (struct (field (mut i32))))
    (type $p (struct (field (ref $s)) (field i64)))
    (global $g (export "g") (ref $s) (struct.new $s (i32.const 9)))
    (global (export "p") (ref $p) (struct.new $p (global.get $g) (i64.const 1)))
    (func (export "set") (param i32) (struct.set $s 0 (global.get $g) (local.get 0))))
  (core instance $a (instantiate $a))
  (core module $b
    (type $s (struct (field (mut i32))))
    (type $p (struct (field (ref $s)) (field i64)))
    (import "a" "g" (global $g (ref $s)))
    (import "a" "p" (global $p (ref $p)))
    (import "a" "set" (func $set (param i32)))
    (table $t i64 3 (ref $s) (global.get $g))
    (table $q 2 (ref null $p) (global.get $p))
    (elem (table $t) (i64.const 2) (ref $s) (item i32.const 4 struct.new $s))
    (global $seen (mut i32) (i32.const 0))
    (func $start (global.set $seen (struct.get $s 0 (table.get $t (i64.const 1)))))
    (start $start)
    (func (export "run") (result i32)
      (call $set (i32.const 15))
      (if (i32.eqz (ref.eq (struct.get $p 0 (table.get $q (i32.const 1))) (table.get $t (i64.const 0)))) (then unreachable))
      (i32.add (struct.get $s 0 (table.get $t (i64.const 1))) (struct.get $s 0 (table.get $t (i64.const 2)))))
    (func (export "seen") (result i32) (global.get $seen)))
  (core instance $b (instantiate $b (with "a" (instance $a))))
  (func (export "run") (result u32) (canon lift (core func $b "run")))
  (func (export "seen") (result u32) (canon lift (core func $b "seen"))))
