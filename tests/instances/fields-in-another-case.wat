;; Fields that differ in case alone are the same where no call is made between them: an instance between passes it on.
;; call: run() => 7
(component
  (component $Provider
    (core module $M (func (export "f") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1))))
    (core instance $m (instantiate $M))
    (type $pair' (record (field "first" u8) (field "second" u16)))
    (export $pair "pair" (type $pair'))
    (func (export "f") (param "x" $pair) (result u32) (canon lift (core func $m "f"))))
  (component $Between
    (type $pair' (record (field "FIRST" u8) (field "second" u16)))
    (import "pair" (type $pair (eq $pair')))
    (import "f" (func $f (param "x" $pair) (result u32)))
    (export $out "pair-out" (type $pair))
    (export "g" (func $f) (func (param "x" $out) (result u32))))
  (component $User
    (type $pair' (record (field "first" u8) (field "second" u16)))
    (import "pair" (type $pair (eq $pair')))
    (import "f" (func $f (param "x" $pair) (result u32)))
    (core func $low (canon lower (func $f)))
    (core module $M (import "" "f" (func $f (param i32 i32) (result i32)))
      (func (export "run") (result i32) (call $f (i32.const 9) (i32.const 2))))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $low))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $p (instantiate $Provider))
  (instance $b (instantiate $Between (with "pair" (type $p "pair")) (with "f" (func $p "f"))))
  (instance $u (instantiate $User (with "pair" (type $b "pair-out")) (with "f" (func $b "g"))))
  (export "run" (func $u "run")))
