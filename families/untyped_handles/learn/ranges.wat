  ;; Each type has a range of 16384 numbers: 1 + type × 16384 + index. The table gives the
  ;; component's number; a free index holds -1 less the next free one, and 0 stands for never used.
  (memory $table @pages@)
  (memory $heads 1) ;; for each type: indices handed out, and the free index last given back plus one
  (func $encode (param $raw i32) (param $kind i32) (result i32)
    (local $head i32) (local $index i32) (local $n i32)
    (local.set $head (i32.shl (local.get $kind) (i32.const 3)))
    (local.set $index (i32.sub (i32.load $heads offset=4 (local.get $head)) (i32.const 1)))
    (local.set $n (i32.add (i32.add (i32.shl (local.get $kind) (i32.const 14)) (local.get $index)) (i32.const 1)))
    (if (i32.ge_s (local.get $index) (i32.const 0))
      (then
        (i32.store $heads offset=4 (local.get $head)
          (i32.sub (i32.const -1) (i32.load $table (i32.shl (local.get $n) (i32.const 2))))))
      (else
        (local.set $index (i32.load $heads (local.get $head)))
        (if (i32.ge_u (local.get $index) (i32.const 16384)) (then (return (i32.const 0))))
        (i32.store $heads (local.get $head) (i32.add (local.get $index) (i32.const 1)))
        (local.set $n
          (i32.add (i32.add (i32.shl (local.get $kind) (i32.const 14)) (local.get $index)) (i32.const 1)))))
    (i32.store $table (i32.shl (local.get $n) (i32.const 2)) (local.get $raw))
    (local.get $n))
  (func $raw (param $n i32) (result i32) (i32.load $table (i32.shl (local.get $n) (i32.const 2))))
  (func $kind (param $n i32) (result i32)
    (if (i32.ge_u (i32.sub (local.get $n) (i32.const 1)) (i32.const @numbers@)) (then (return (i32.const -1))))
    (if (i32.le_s (call $raw (local.get $n)) (i32.const 0)) (then (return (i32.const -1))))
    (i32.shr_u (i32.sub (local.get $n) (i32.const 1)) (i32.const 14)))
  (func $as (param $n i32) (param $kind i32) (result i32) (call $kind (local.get $n)))
  (func $forget (param $n i32)
    (local $head i32)
    (local.set $head (i32.shl (i32.shr_u (i32.sub (local.get $n) (i32.const 1)) (i32.const 14)) (i32.const 3)))
    (i32.store $table (i32.shl (local.get $n) (i32.const 2))
      (i32.sub (i32.const -1) (i32.load $heads offset=4 (local.get $head))))
    (i32.store $heads offset=4 (local.get $head)
      (i32.add (i32.and (i32.sub (local.get $n) (i32.const 1)) (i32.const 16383)) (i32.const 1))))
