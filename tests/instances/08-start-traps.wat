;; A trap of a start function aborts instantiation; what the host saw before stays seen.
;; form: component
;; call: (instantiate)() traps unreachable
;; trace: log(1)
(component
  (import "log" (func $log (param "id" u32)))
  (core func $log (canon lower (func $log)))
  (core module $M
    (import "" "log" (func $log (param i32)))
    (func $start (call $log (i32.const 1)) unreachable)
    (start $start))
  (core instance $m (instantiate $M (with "" (instance (export "log" (func $log))))))
  (core module $N (import "" "log" (func $log (param i32)))
    (func $start (call $log (i32.const 2)))
    (start $start) (func (export "run")))
  (core instance $n (instantiate $N (with "" (instance (export "log" (func $log))))))
  (func (export "run") (canon lift (core func $n "run"))))
