  ;; The type travels with each handle: a list of variants.
  (func $poll (param $kind i32) (param $n i32) (result i32)
    (call $is_ready_any (local.get $kind) (call $raw (local.get $n))))
  (func $choose (param $list i32) (param $length i32) (param $timeout i32) (result i32)
    (local $index i32)
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $index) (local.get $length)))
        (call $put
          (i32.shl (local.get $index) (i32.const 1))
          (call $kind (call $nth (local.get $list) (local.get $index))))
        (call $put
          (i32.add (i32.shl (local.get $index) (i32.const 1)) (i32.const 1))
          (call $raw (call $nth (local.get $list) (local.get $index))))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next)))
    (call $select_any (i32.const 16) (local.get $length) (local.get $timeout)))
