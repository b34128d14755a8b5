  ;; The list goes to the typed world as it is, number by number.
  (func $poll (param $kind i32) (param $n i32) (result i32) (call $is_ready (call $raw (local.get $n))))
  (func $choose (param $list i32) (param $length i32) (param $timeout i32) (result i32)
    (local $index i32)
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $index) (local.get $length)))
        (call $put (local.get $index) (call $raw (call $nth (local.get $list) (local.get $index))))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next)))
    (call $select (i32.const 16) (local.get $length) (local.get $timeout)))
