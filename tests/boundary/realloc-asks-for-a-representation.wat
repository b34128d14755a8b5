;; A handle comes before a string: it is in the table when the realloc for the string asks for its representation.
;; form: component
;; call: make(5) => {"handle": 0}
;; call: name({"handle": 0}, "hey") => 5
;; call: make(6) => {"handle": 1}
;; call: names("hey", {"handle": 1}) traps unknown-handle
(component
  (type $r (resource (rep i32)))
  (export $R "r" (type $r))
  (core func $new (canon resource.new $r))
  (core func $rep (canon resource.rep $r))
  (core module $M (import "" "rep" (func $rep (param i32) (result i32)))
    (memory (export "m") 1) (global $next (mut i32) (i32.const 0)) (global $asked (mut i32) (i32.const 0))
    (func (export "r") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.add (global.get $next) (i32.const 1)))
      (global.set $asked (call $rep (global.get $next)))
      (i32.const 64))
    (func (export "name") (param i32 i32 i32) (result i32) (global.get $asked)))
  (core instance $m (instantiate $M (with "" (instance (export "rep" (func $rep))))))
  (func (export "make") (param "n" u32) (result (own $R)) (canon lift (core func $new)))
  (func (export "name") (param "r" (own $R)) (param "s" string) (result u32)
    (canon lift (core func $m "name") (memory (core memory $m "m")) (realloc (core func $m "r"))))
  (func (export "names") (param "s" string) (param "r" (own $R)) (result u32)
    (canon lift (core func $m "name") (memory (core memory $m "m")) (realloc (core func $m "r")))))
