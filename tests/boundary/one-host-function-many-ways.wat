;; One host function, lowered with three memories, three encodings and twice in one instance.
;; form: component
;; call: run() =>
;; trace: tell("one")
;; trace: tell("\u4e8c")
;; trace: tell("thr\u00e9e")
;; trace: tell("one")
(component
  (import "tell" (func $tell (param "s" string)))
  (core module $A (memory (export "m") 1 2) (data (i32.const 0) "one"))
  (core module $B (memory (export "m") 1) (data (i32.const 0) "\8c\4e"))
  (core module $C (memory (export "m") 1) (data (i32.const 0) "thr\e9e"))
  (core instance $a (instantiate $A)) (core instance $b (instantiate $B)) (core instance $c (instantiate $C))
  (core func $1 (canon lower (func $tell) (memory (core memory $a "m"))))
  (core func $2 (canon lower (func $tell) string-encoding=utf16 (memory (core memory $b "m"))))
  (core func $3 (canon lower (func $tell) string-encoding=latin1+utf16 (memory (core memory $c "m"))))
  (core func $4 (canon lower (func $tell) (memory (core memory $a "m"))))
  (core module $M
    (import "" "1" (func $1 (param i32 i32))) (import "" "2" (func $2 (param i32 i32)))
    (import "" "3" (func $3 (param i32 i32))) (import "" "4" (func $4 (param i32 i32)))
    (func (export "run") (call $1 (i32.const 0) (i32.const 3)) (call $2 (i32.const 0) (i32.const 1))
      (call $3 (i32.const 0) (i32.const 5)) (call $4 (i32.const 0) (i32.const 3))))
  (core instance $m (instantiate $M (with "" (instance (export "1" (func $1)) (export "2" (func $2)) (export "3" (func $3)) (export "4" (func $4))))))
  (func (export "run") (canon lift (core func $m "run"))))
