  ;; Every number is a pollable's already.
  (func $poll (param $kind i32) (param $n i32) (result i32) (call $is_ready (local.get $n)))
  (func $choose (param $list i32) (param $length i32) (param $timeout i32) (result i32)
    (memory.copy $scratch $legacy (i32.const 16) (local.get $list) (i32.shl (local.get $length) (i32.const 2)))
    (call $select (i32.const 16) (local.get $length) (local.get $timeout)))
