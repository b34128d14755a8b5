;; Item 44: handles of the host's type and of a guest's have one index space in each instance.
;; form: component
;; host: host#use = 7
;; call: run() => 1213
;; call: forged() traps wrong-handle-type
(component
  (import "host" (instance $host
    (export "h" (type $h (sub resource)))
    (export "make" (func (param "n" u32) (result (own $h))))
    (export "use" (func (param "h" (borrow $h)) (result u32)))
    (export "take" (func (param "h" (own $h))))
    (export "all" (func (param "hs" (list (borrow $h)))))))
  ;; The definer: its resource counts destructors.
  (component $D
    (core module $S
      (global $drops (mut i32) (i32.const 0))
      (func (export "dtor") (param i32)
        (global.set $drops (i32.add (global.get $drops) (i32.const 1))))
      (func (export "drops") (result i32) (global.get $drops)))
    (core instance $s (instantiate $S))
    (type $r (resource (rep i32) (dtor (core func $s "dtor"))))
    (export $R "r" (type $r))
    (core func $new (canon resource.new $r))
    (core func $drop (canon resource.drop $r))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "get") (param i32) (result i32) (local.get 0))
      (func (export "take") (param i32) (result i32)
        (call $drop (local.get 0)) (local.get 0))
      (func (export "both") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1))))
    (core instance $m (instantiate $M (with "" (instance
      (export "new" (func $new)) (export "drop" (func $drop))))))
    (func (export "make") (param "rep" u32) (result (own $R)) (canon lift (core func $m "make")))
    (func (export "get") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "get")))
    (func (export "take") (param "r" (own $R)) (result u32) (canon lift (core func $m "take")))
    (func (export "borrow-own") (param "b" (borrow $R)) (param "o" (own $R)) (result u32)
      (canon lift (core func $m "both")))
    (func (export "own-borrow") (param "o" (own $R)) (param "b" (borrow $R)) (result u32)
      (canon lift (core func $m "both")))
    (func (export "get2") (param "a" (borrow $R)) (param "b" (borrow $R)) (result u32)
      (canon lift (core func $m "both")))
    (func (export "drops") (result u32) (canon lift (core func $s "drops"))))
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
    (import "d" (instance $d
      (export "r" (type $Y (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $Y))))))
    (alias export $d "r" (type $R))
    (core func $drop (canon resource.drop $R))
    (core func $make (canon lower (func $d "make")))
    (core module $M
      (import "host" "drop" (func $hdrop (param i32)))
      (import "host" "make" (func $hmake (param i32) (result i32)))
      (import "host" "use" (func $huse (param i32) (result i32)))
      (import "host" "take" (func $htake (param i32)))
      (import "d" "drop" (func $drop (param i32)))
      (import "d" "make" (func $make (param i32) (result i32)))
      (func (export "run") (result i32) (local i32 i32 i32 i32)
        (local.set 0 (call $hmake (i32.const 1)))
        (local.set 1 (call $make (i32.const 8)))
        (if (i32.ne (call $huse (local.get 0)) (i32.const 7)) (then (unreachable)))
        (call $hdrop (local.get 0))
        (local.set 2 (call $make (i32.const 16)))
        (local.set 3 (call $hmake (i32.const 2)))
        (i32.add (i32.mul (local.get 0) (i32.const 1000))
          (i32.add (i32.mul (local.get 1) (i32.const 100))
            (i32.add (i32.mul (local.get 2) (i32.const 10)) (local.get 3)))))
      (func (export "forged") (result i32) (call $huse (i32.const 2))))
    (core instance $m (instantiate $M
      (with "host" (instance
      (export "drop" (func $hdrop)) (export "make" (func $hmake))
      (export "use" (func $huse)) (export "take" (func $htake))))
      (with "d" (instance (export "drop" (func $drop)) (export "make" (func $make))))))
    (func (export "run") (result u32) (canon lift (core func $m "run")))
    (func (export "forged") (result u32) (canon lift (core func $m "forged"))))
  (instance $d (instantiate $D))
  (instance $c (instantiate $C (with "host" (instance $host)) (with "d" (instance $d))))
  (export "run" (func $c "run"))
  (export "forged" (func $c "forged")))
