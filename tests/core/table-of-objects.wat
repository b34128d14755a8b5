;; A table whose initial value is an object of another module.
;; call: run() => 9
(component
  (core module $a
    (type $s (struct (field (mut i32))))
    (global (export "g") (ref $s) (struct.new $s (i32.const 9))))
  (core instance $a (instantiate $a))
  (core module $b
    (type $s (struct (field (mut i32))))
    (import "a" "g" (global $g (ref $s)))
    (table $t 2 (ref $s) (global.get $g))
    (func (export "run") (result i32) (struct.get $s 0 (table.get $t (i32.const 1)))))
  (core instance $b (instantiate $b (with "a" (instance $a))))
  (func (export "run") (result u32) (canon lift (core func $b "run"))))
