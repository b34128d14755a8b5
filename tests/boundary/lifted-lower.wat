;; A function is lifted from a lower, again and again, and lowered at last.
;; form: component
;; host: f = 7
;; call: run(3) => 7
;; call: again(4) => 7
;; trace: f(3)
;; trace: f(4)
(component
  (import "f" (func $f (param "x" u32) (result u32)))
  (component $P
    (import "f" (func $f (param "x" u32) (result u32)))
    (core func $l (canon lower (func $f)))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $l))))
  (instance $p1 (instantiate $P (with "f" (func $f))))
  (instance $p2 (instantiate $P (with "f" (func $p1 "f"))))
  (instance $p3 (instantiate $P (with "f" (func $p2 "f"))))
  (export "run" (func $p3 "f"))
  (export "again" (func $p1 "f")))
