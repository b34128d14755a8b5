;; Of an export that the host called, a post-return may not leave.
;; form: component
;; call: run() traps cannot-leave
(component
  (import "log" (func $log))
  (core func $log (canon lower (func $log)))
  (core module $M (import "" "log" (func $log)) (func (export "run") (call $log)) (func (export "after") (call $log)))
  (core instance $m (instantiate $M (with "" (instance (export "log" (func $log))))))
  (func (export "run") (canon lift (core func $m "run") (post-return (core func $m "after")))))
