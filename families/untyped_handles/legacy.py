"""The legacy module: a fixture's body against the untyped ABI, with a log of what it saw."""

from __future__ import annotations

from families.untyped_handles.adapter import exports

_PAGES = 8
_OUT, _LOG, _LIST = 16, 196608, 65536

_PRELUDE = f"""\
  (memory (export "memory") {_PAGES})
  (global $end (mut i32) (i32.const {_LOG}))
  (global $quiet (mut i32) (i32.const 0))
  (global $sum (mut i32) (i32.const 0))
  ;; globals for handles that outlive a call of run
  (global $h0 (mut i32) (i32.const 0))
  (global $h1 (mut i32) (i32.const 0))
  (global $h2 (mut i32) (i32.const 0))
  (global $h3 (mut i32) (i32.const 0))
  ;; $log: appends a number to the log, or to the sum while quiet
  (func $log (param $number i32)
    (if (global.get $quiet)
      (then (global.set $sum (i32.add (global.get $sum) (local.get $number))) (return)))
    (i32.store (global.get $end) (local.get $number))
    (global.set $end (i32.add (global.get $end) (i32.const 4))))
  (func $quiet (global.set $quiet (i32.const 1)) (global.set $sum (i32.const 0)))
  (func $loud (global.set $quiet (i32.const 0)) (call $log (global.get $sum)))
  ;; $answer: logs a status and, where it is OK, the number that was given
  (func $answer (param $status i32)
    (call $log (local.get $status))
    (if (i32.eqz (local.get $status)) (then (call $log (i32.load (i32.const {_OUT}))))))
  ;; $made: the handle that was given; a status other than OK is logged and gives no handle
  (func $made (param $status i32) (result i32)
    (if (local.get $status) (then (call $log (local.get $status)) (return (i32.const -1))))
    (i32.load (i32.const {_OUT})))
  (func $put (param $index i32) (param $number i32)
    (i32.store offset={_LIST} (i32.shl (local.get $index) (i32.const 2)) (local.get $number)))
  (func $got (param $index i32) (result i32)
    (i32.load offset={_LIST} (i32.shl (local.get $index) (i32.const 2))))
  (func $select (param $length i32) (param $timeout i32)
    (call $answer (call $io_select
      (i32.const {_LIST}) (local.get $length) (local.get $timeout) (i32.const {_OUT}))))
  (func $two (param $a i32) (param $b i32)
    (call $put (i32.const 0) (local.get $a))
    (call $put (i32.const 1) (local.get $b))
    (call $select (i32.const 2) (i32.const 0)))
  (func $four (param $a i32) (param $b i32) (param $c i32) (param $d i32)
    (call $put (i32.const 0) (local.get $a))
    (call $put (i32.const 1) (local.get $b))
    (call $put (i32.const 2) (local.get $c))
    (call $put (i32.const 3) (local.get $d))
    (call $select (i32.const 4) (i32.const 0)))
  (func $is_ready (param $n i32)
    (call $answer (call $io_is_ready (local.get $n) (i32.const {_OUT}))))
  (func $close (param $n i32) (call $log (call $io_close (local.get $n))))
  (func $close_four
    (call $close (call $got (i32.const 0)))
    (call $close (call $got (i32.const 1)))
    (call $close (call $got (i32.const 2)))
    (call $close (call $got (i32.const 3))))
  (func $insert (param $n i32) (result i32) (call $made (call $io_insert (local.get $n) (i32.const {_OUT}))))
  (func $wait (param $n i32) (result i32) (call $made (call $io_wait (local.get $n) (i32.const {_OUT}))))"""


def text(body: str, kinds: tuple[str, ...]) -> str:
    """Return the module; `run` does the body and returns where the log lies, as a list's address."""
    imports = (
        f'  (import "io" "{name}" (func $io_{name} {"(param i32) " * count}(result i32)))'
        for name, count in exports(kinds).items()
    )
    return "\n".join(
        (
            "(module $legacy",
            *imports,
            _PRELUDE,
            *(_of_kind(kind) for kind in kinds),
            '  (func (export "run") (result i32)',
            f"    (global.set $end (i32.const {_LOG}))",
            "    (call $body)",
            f"    (i32.store (i32.const 0) (i32.const {_LOG}))",
            f"    (i32.store (i32.const 4) (i32.shr_u (i32.sub (global.get $end) (i32.const {_LOG})) (i32.const 2)))",
            "    (i32.const 0))",
            "  (func $body",
            "    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32) (local $f i32)",
            "    (local $i i32)",
            body.rstrip(),
            "  ))\n",
        )
    )


def _of_kind(kind: str) -> str:
    """Return the short forms of opening (value, ticks until ready) and using a handle of a kind."""
    return f"""\
  (func ${kind} (param $value i32) (param $delay i32) (result i32)
    (call $staged_{kind} (local.get $value) (local.get $delay) (i32.const 0)))
  (func $staged_{kind} (param $value i32) (param $delay i32) (param $more i32) (result i32)
    (call $made (call $io_open_{kind}
      (local.get $value) (local.get $delay) (local.get $more) (i32.const {_OUT}))))
  (func $use_{kind} (param $n i32)
    (call $answer (call $io_use_{kind} (local.get $n) (i32.const {_OUT}))))"""
