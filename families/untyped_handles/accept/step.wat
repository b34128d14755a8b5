  ;; Each handle that is no pollable takes a step: it is ready now, or gives a pollable of what it
  ;; waits for. The first that is ready at once wins; when a step's pollable wins, all step again.
  (func $poll (param $kind i32) (param $n i32) (result i32)
    (local $pollable i32)
    (if (i32.eqz (local.get $kind)) (then (return (call $is_ready (call $raw (local.get $n))))))
    (local.set $pollable (call $step (local.get $kind) (call $raw (local.get $n))))
    (if (i32.eq (local.get $pollable) (i32.const -1)) (then (return (i32.const 1))))
    (call $drop_pollable (local.get $pollable))
    (i32.const 0))
  (func $choose (param $list i32) (param $length i32) (param $timeout i32) (result i32)
    (local $index i32)
    (loop $again
      (local.set $index (call $step_all (local.get $list) (local.get $length)))
      (if (i32.ne (local.get $index) (i32.const -1)) (then (return (local.get $index))))
      (local.set $index (call $select (i32.const 16) (local.get $length) (local.get $timeout)))
      (call $drop_made (local.get $list) (local.get $length))
      (if (i32.eq (local.get $index) (i32.const -1)) (then (return (i32.const -1))))
      (br_if $again (call $kind (call $nth (local.get $list) (local.get $index)))))
    (local.get $index))
  (func $step_all (param $list i32) (param $length i32) (result i32)
    (local $index i32) (local $kind i32) (local $raw i32)
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $index) (local.get $length)))
        (local.set $kind (call $kind (call $nth (local.get $list) (local.get $index))))
        (local.set $raw (call $raw (call $nth (local.get $list) (local.get $index))))
        (if (local.get $kind)
          (then
            (local.set $raw (call $step (local.get $kind) (local.get $raw)))
            (if (i32.eq (local.get $raw) (i32.const -1))
              (then
                (call $drop_made (local.get $list) (local.get $index))
                (return (local.get $index))))))
        (call $put (local.get $index) (local.get $raw))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next)))
    (i32.const -1))
  (func $drop_made (param $list i32) (param $length i32)
    (block $end
      (loop $next
        (br_if $end (i32.eqz (local.get $length)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (if (call $kind (call $nth (local.get $list) (local.get $length)))
          (then (call $drop_pollable (call $got (local.get $length)))))
        (br $next))))
