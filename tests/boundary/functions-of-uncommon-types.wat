;; A realloc whose type is open to subtypes, and a destructor whose type is of a recursion group: the host reaches both.
;; form: component
;; host: text = "abc"
;; call: run() => 99
;; call: make(5) => {"handle": 0}
;; call: (drop)({"handle": 0}) =>
;; call: dropped() => 5
(component
  (import "text" (func $text (result string)))
  (core module $S
    (type $realloc (sub (func (param i32 i32 i32 i32) (result i32))))
    (rec (type $dtor (func (param i32))) (type $other (func)))
    (memory (export "m") 1)
    (global $dropped (mut i32) (i32.const 0))
    (func (export "realloc") (type $realloc) (i32.const 64))
    (func (export "dtor") (type $dtor) (global.set $dropped (local.get 0)))
    (func (export "dropped") (result i32) (global.get $dropped)))
  (core instance $s (instantiate $S))
  (type $r' (resource (rep i32) (dtor (core func $s "dtor"))))
  (export $r "r" (type $r'))
  (core func $new (canon resource.new $r))
  (core func $text (canon lower (func $text) (memory (core memory $s "m")) (realloc (core func $s "realloc"))))
  (core module $M
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "text" (func $text (param i32)))
    (import "" "m" (memory 1))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "run") (result i32) (call $text (i32.const 0)) (i32.load8_u offset=2 (i32.load (i32.const 0)))))
  (core instance $m (instantiate $M (with "" (instance
    (export "new" (func $new)) (export "text" (func $text)) (export "m" (memory $s "m"))))))
  (func (export "run") (result u32) (canon lift (core func $m "run")))
  (func (export "make") (param "rep" u32) (result (own $r)) (canon lift (core func $m "make")))
  (func (export "dropped") (result u32) (canon lift (core func $s "dropped"))))
