;; Objects made by constant expressions: arrays, i31, extern conversions; in globals and elements.
;; call: run() => 66
(component
  (core module $a
    (type $pair (struct (field i32) (field i32)))
    (type $arr (array (ref $pair)))
    (global $one (export "one") (ref $pair) (struct.new $pair (i32.const 1) (i32.const 2)))
    (global (export "arr") (ref $arr) (array.new_fixed $arr 2 (global.get $one) (struct.new $pair (i32.const 30) (i32.const 4))))
    (global (export "small") (ref i31) (ref.i31 (i32.const 31)))
    (global (export "ext") externref (extern.convert_any (ref.i31 (i32.const 4)))))
  (core instance $a (instantiate $a))
  (core module $b
    (type $pair (struct (field i32) (field i32)))
    (type $arr (array (ref $pair)))
    (import "a" "one" (global $one (ref $pair)))
    (import "a" "arr" (global $arr (ref $arr)))
    (import "a" "small" (global $small (ref i31)))
    (import "a" "ext" (global $ext externref))
    (table $t 2 anyref)
    (elem (table $t) (i32.const 0) anyref (item global.get $small) (item global.get $one))
    (func (export "run") (result i32)
      (if (i32.eqz (ref.eq (array.get $arr (global.get $arr) (i32.const 0)) (global.get $one))) (then unreachable))
      (i32.add (i32.add
        (i31.get_s (ref.cast (ref i31) (table.get $t (i32.const 0))))
        (struct.get $pair 0 (ref.cast (ref $pair) (table.get $t (i32.const 1)))))
        (i32.add (struct.get $pair 0 (array.get $arr (global.get $arr) (i32.const 1)))
          (i31.get_u (ref.cast (ref i31) (any.convert_extern (global.get $ext))))))))
  (core instance $b (instantiate $b (with "a" (instance $a))))
  (func (export "run") (result u32) (canon lift (core func $b "run"))))
