;; A record of a variant of a list of options of results of flags, both ways across two instances and the host.
;; form: component
;; host: keep = {"v": {"many": [{"ok": ["a", "c"]}, null, {"error": "nö"}]}, "n": -3}
;; call: run({"v": "none", "n": 5}) => {"v": {"many": [{"ok": ["a", "c"]}, null, {"error": "nö"}]}, "n": -3}
;; trace: keep({"v": "none", "n": 5})
(component
  (type $f' (flags "a" "b" "c")) (import "f" (type $f (eq $f')))
  (type $v' (variant (case "none") (case "many" (list (option (result $f (error string))))))) (import "v" (type $v (eq $v')))
  (type $r' (record (field "v" $v) (field "n" s16))) (import "r" (type $r (eq $r')))
  (import "keep" (func $keep (param "r" $r) (result $r)))
  (component $C
    (import "f" (type $f1 (eq $f')))
    (type $v1' (variant (case "none") (case "many" (list (option (result $f1 (error string))))))) (import "v" (type $v1 (eq $v1')))
    (type $r1' (record (field "v" $v1) (field "n" s16))) (import "r" (type $r1 (eq $r1')))
    (import "keep" (func $keep (param "r" $r1) (result $r1)))
    (core module $Mem (memory (export "m") 1) (global $top (mut i32) (i32.const 1024))
      (func (export "r") (param i32 i32 i32 i32) (result i32) (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
        (global.set $top (i32.add (local.get $at) (local.get 3)))
        (memory.copy (local.get $at) (local.get 0) (local.get 1)) (local.get $at)))
    (core instance $mem (instantiate $Mem))
    (core func $keep (canon lower (func $keep) string-encoding=utf16 (memory (core memory $mem "m")) (realloc (core func $mem "r"))))
    (core module $M (import "" "keep" (func $keep (param i32 i32 i32 i32 i32)))
      (func (export "run") (param i32 i32 i32 i32) (result i32)
        (call $keep (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 256)) (i32.const 256)))
    (core instance $m (instantiate $M (with "" (instance (export "keep" (func $keep))))))
    (func (export "run") (param "r" $r1) (result $r1) (canon lift (core func $m "run") string-encoding=utf16 (memory (core memory $mem "m")) (realloc (core func $mem "r")))))
  (instance $c1 (instantiate $C (with "f" (type $f)) (with "v" (type $v)) (with "r" (type $r)) (with "keep" (func $keep))))
  (instance $c2 (instantiate $C (with "f" (type $f)) (with "v" (type $v)) (with "r" (type $r)) (with "keep" (func $c1 "run"))))
  (export "run" (func $c2 "run")))
