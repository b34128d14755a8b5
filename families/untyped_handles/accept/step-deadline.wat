  ;; As step, but what is ready is looked at in the order of the list, and what remains of the
  ;; timeout is passed on: the loop can't be told from one wait.
  (func $poll (param $kind i32) (param $n i32) (result i32)
    (local $pollable i32)
    (if (i32.eqz (local.get $kind)) (then (return (call $is_ready (call $raw (local.get $n))))))
    (local.set $pollable (call $step (local.get $kind) (call $raw (local.get $n))))
    (if (i32.eq (local.get $pollable) (i32.const -1)) (then (return (i32.const 1))))
    (call $drop_pollable (local.get $pollable))
    (i32.const 0))
  (func $choose (param $list i32) (param $length i32) (param $timeout i32) (result i32)
    (local $index i32) (local $deadline i32) (local $left i32)
    (local.set $deadline (i32.add (call $now) (local.get $timeout)))
    (loop $again
      (call $step_all (local.get $list) (local.get $length))
      (local.set $index (call $ready_now (local.get $list) (local.get $length)))
      (local.set $left (i32.sub (local.get $deadline) (call $now)))
      (if (i32.eq (local.get $index) (i32.const -1))
        (then
          (if (i32.eqz (i32.and (i32.ne (local.get $timeout) (i32.const 0)) (i32.eqz (local.get $left))))
            (then
              (if (i32.eqz (local.get $timeout)) (then (local.set $left (i32.const 0))))
              (local.set $index (call $select (i32.const 16) (local.get $length) (local.get $left)))
              (call $drop_made (local.get $list) (local.get $length))
              (br_if $again (i32.ne (local.get $index) (i32.const -1)))
              (return (i32.const -1))))))
      (call $drop_made (local.get $list) (local.get $length)))
    (local.get $index))
  (func $step_all (param $list i32) (param $length i32)
    (local $index i32) (local $kind i32) (local $raw i32)
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $index) (local.get $length)))
        (local.set $kind (call $kind (call $nth (local.get $list) (local.get $index))))
        (local.set $raw (call $raw (call $nth (local.get $list) (local.get $index))))
        (if (local.get $kind) (then (local.set $raw (call $step (local.get $kind) (local.get $raw)))))
        (call $put (local.get $index) (local.get $raw))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next))))
  (func $ready_now (param $list i32) (param $length i32) (result i32)
    (local $index i32) (local $pollable i32)
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $index) (local.get $length)))
        (local.set $pollable (call $got (local.get $index)))
        (if (i32.eq (local.get $pollable) (i32.const -1)) (then (return (local.get $index))))
        (if (i32.eqz (call $kind (call $nth (local.get $list) (local.get $index))))
          (then (if (call $is_ready (local.get $pollable)) (then (return (local.get $index))))))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next)))
    (i32.const -1))
  (func $drop_made (param $list i32) (param $length i32)
    (block $end
      (loop $next
        (br_if $end (i32.eqz (local.get $length)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (if (i32.and
              (i32.ne (call $kind (call $nth (local.get $list) (local.get $length))) (i32.const 0))
              (i32.ne (call $got (local.get $length)) (i32.const -1)))
          (then (call $drop_pollable (call $got (local.get $length)))))
        (br $next))))
