;; Item 60: a host's resource passes through two inner instances, as own and as borrow;
;; dropping a borrow of it drops nothing of the host's.
;; form: component
;; host: host#use = 5
;; call: run() => 510
;; call: lent() => 10
;; call: kept() traps borrows-remain
(component
  (import "host" (instance $host
    (export "h" (type $h (sub resource)))
    (export "make" (func (param "n" u32) (result (own $h))))
    (export "use" (func (param "h" (borrow $h)) (result u32)))
    (export "take" (func (param "h" (own $h))))
    (export "all" (func (param "hs" (list (borrow $h)))))))
  (component $B
    (import "host" (instance $host
      (export "h" (type $X (sub resource)))
      (export "make" (func (param "n" u32) (result (own $X))))
      (export "use" (func (param "h" (borrow $X)) (result u32)))
      (export "take" (func (param "h" (own $X))))
      (export "all" (func (param "hs" (list (borrow $X)))))))
    (alias export $host "h" (type $H))
    (core func $hdrop (canon resource.drop $H))
    (core func $hmake (canon lower (func $host "make")))
    (core func $huse (canon lower (func $host "use")))
    (core func $htake (canon lower (func $host "take")))
    (core module $M
      (import "host" "drop" (func $hdrop (param i32)))
      (import "host" "make" (func $hmake (param i32) (result i32)))
      (import "host" "use" (func $huse (param i32) (result i32)))
      (import "host" "take" (func $htake (param i32)))
      (global $next (mut i32) (i32.const 0))
      (func (export "own") (param i32) (result i32) (local i32)
        (local.set 1 (call $huse (local.get 0)))
        (call $htake (local.get 0))
        (local.get 1))
      (func (export "lent") (param i32 i32) (result i32) (local i32)
        (local.set 2 (i32.add (call $huse (local.get 0)) (call $huse (local.get 0))))
        (if (local.get 1) (then (call $hdrop (local.get 0))))
        (local.get 2)))
    (core instance $m (instantiate $M (with "host" (instance
      (export "drop" (func $hdrop)) (export "make" (func $hmake))
      (export "use" (func $huse)) (export "take" (func $htake))))))
    (func (export "own") (param "h" (own $H)) (result u32) (canon lift (core func $m "own")))
    (func (export "lent") (param "h" (borrow $H)) (param "drop" bool) (result u32) (canon lift (core func $m "lent"))))
  (component $C
    (import "host" (instance $host
      (export "h" (type $X (sub resource)))
      (export "make" (func (param "n" u32) (result (own $X))))
      (export "use" (func (param "h" (borrow $X)) (result u32)))
      (export "take" (func (param "h" (own $X))))
      (export "all" (func (param "hs" (list (borrow $X)))))))
    (alias export $host "h" (type $H))
    (core func $hdrop (canon resource.drop $H))
    (core func $hmake (canon lower (func $host "make")))
    (core func $huse (canon lower (func $host "use")))
    (core func $htake (canon lower (func $host "take")))
    (import "b" (instance $b
      (alias outer $C $H (type $H))
      (export "own" (func (param "h" (own $H)) (result u32)))
      (export "lent" (func (param "h" (borrow $H)) (param "drop" bool) (result u32)))))
    (core func $own (canon lower (func $b "own")))
    (core func $lent (canon lower (func $b "lent")))
    (core module $M
      (import "host" "drop" (func $hdrop (param i32)))
      (import "host" "make" (func $hmake (param i32) (result i32)))
      (import "host" "use" (func $huse (param i32) (result i32)))
      (import "host" "take" (func $htake (param i32)))
      (import "b" "own" (func $own (param i32) (result i32)))
      (import "b" "lent" (func $lent (param i32 i32) (result i32)))
      (func (export "run") (result i32) (local i32 i32)
        (local.set 0 (call $hmake (i32.const 1)))
        (local.set 1 (call $lent (local.get 0) (i32.const 1)))
        (i32.add (local.get 1) (i32.mul (i32.const 100) (call $own (local.get 0)))))
      (func (export "lent") (result i32) (local i32 i32)
        (local.set 0 (call $hmake (i32.const 2)))
        (local.set 1 (call $lent (local.get 0) (i32.const 1)))
        (call $hdrop (local.get 0))
        (local.get 1))
      (func (export "kept") (result i32)
        (call $lent (call $hmake (i32.const 3)) (i32.const 0))))
    (core instance $m (instantiate $M (with "host" (instance
      (export "drop" (func $hdrop)) (export "make" (func $hmake))
      (export "use" (func $huse)) (export "take" (func $htake))))
      (with "b" (instance (export "own" (func $own)) (export "lent" (func $lent))))))
    (func (export "run") (result u32) (canon lift (core func $m "run")))
    (func (export "lent") (result u32) (canon lift (core func $m "lent")))
    (func (export "kept") (result u32) (canon lift (core func $m "kept"))))
  (instance $b (instantiate $B (with "host" (instance $host))))
  (instance $c (instantiate $C (with "host" (instance $host)) (with "b" (instance $b))))
  (export "run" (func $c "run"))
  (export "lent" (func $c "lent"))
  (export "kept" (func $c "kept")))
