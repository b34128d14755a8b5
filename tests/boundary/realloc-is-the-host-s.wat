;; The realloc of a lower, and the post-return of a lift, are lowered host functions, which a realloc may not call.
;; form: component
;; host: text = "hey"
;; host: give = 512
;; call: run() traps cannot-leave
(component
  (import "text" (func $text (result string)))
  (import "give" (func $give (param "a" u32) (param "b" u32) (param "c" u32) (param "d" u32) (result u32)))
  (import "done" (func $done (param "a" u32)))
  (core module $Mem (memory (export "m") 1))
  (core instance $mem (instantiate $Mem))
  (core func $give (canon lower (func $give)))
  (core func $done (canon lower (func $done)))
  (core func $text (canon lower (func $text) (memory (core memory $mem "m")) (realloc (core func $give))))
  (core module $M (import "" "text" (func $text (param i32))) (import "" "m" (memory 1))
    (func (export "run") (result i32) (call $text (i32.const 8)) (i32.add (i32.load (i32.const 8)) (i32.load (i32.const 12)))))
  (core instance $m (instantiate $M (with "" (instance (export "text" (func $text)) (export "m" (memory $mem "m"))))))
  (func (export "run") (result u32) (canon lift (core func $m "run") (post-return (core func $done)))))
