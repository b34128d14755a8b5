(module $untyped
  ;; The untyped ABI straight over the host's store, without the component model: what a select
  ;; costs where nothing has to be typed.
  (import "legacy" "memory" (memory $legacy 1))
  (import "store" "memory" (memory $store 1))
  (import "store" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "store" "drop_item" (func $drop_item (param i32)))
@imports@
@of_kind@
  (func (export "close") (param $n i32) (result i32)
    (if (i32.eqz (call $known (local.get $n) (i32.const -1))) (then (return (i32.const 3))))
    (call $drop_item (local.get $n))
    (i32.const 0))
  (func (export "is_ready") (param $n i32) (param $out i32) (result i32)
    (if (i32.eqz (call $known (local.get $n) (i32.const -1))) (then (return (i32.const 3))))
    (i32.store $legacy (local.get $out) (call $ready (local.get $n)))
    (i32.const 0))
  (func (export "insert") (param $n i32) (param $out i32) (result i32)
    (if (i32.eqz (call $known (local.get $n) (i32.const 2))) (then (return (i32.const 3))))
    (i32.store $legacy (local.get $out) (call $insert (local.get $n)))
    (i32.const 0))
  (func (export "wait") (param $n i32) (param $out i32) (result i32)
    (if (i32.eqz (call $known (local.get $n) (i32.const 0))) (then (return (i32.const 3))))
    (i32.store $legacy (local.get $out) (call $wait (local.get $n)))
    (i32.const 0))
  (func (export "select") (param $list i32) (param $length i32) (param $timeout i32) (param $out i32) (result i32)
    (local $index i32) (local $at i32)
    (if (i32.eqz (i32.or (local.get $length) (local.get $timeout))) (then (return (i32.const 2))))
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $index) (local.get $length)))
        (if (i32.eqz
              (call $known
                (i32.load $legacy (i32.add (local.get $list) (i32.shl (local.get $index) (i32.const 2))))
                (i32.const -1)))
          (then (return (i32.const 3))))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next)))
    (local.set $at
      (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.shl (local.get $length) (i32.const 2))))
    (memory.copy $store $legacy (local.get $at) (local.get $list) (i32.shl (local.get $length) (i32.const 2)))
    (i32.store $legacy (local.get $out)
      (call $select (local.get $at) (local.get $length) (i32.const 4) (local.get $timeout)))
    (i32.const 0)))
