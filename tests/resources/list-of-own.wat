;; Item 57: list<own> as result and as parameter moves every handle; each is destroyed once.
;; call: run() => 30060
(component
  (component $D
    (core module $Memory
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get 3) (i32.const 15)) (i32.const -16))))))
    (core instance $mem (instantiate $Memory))
    (core module $S
      (global $drops (mut i32) (i32.const 0))
      (func (export "dtor") (param i32)
        (global.set $drops (i32.add (global.get $drops) (i32.const 1))))
      (func (export "drops") (result i32) (global.get $drops)))
    (core instance $s (instantiate $S))
    (type $r (resource (rep i32) (dtor (core func $s "dtor"))))
    (export $R "r" (type $r))
    (core func $new (canon resource.new $r))
    (core func $rep (canon resource.rep $r))
    (core func $drop (canon resource.drop $r))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "rep" (func $rep (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      ;; n owns with the reps 10, 20, …
      (func (export "make") (param $n i32) (result i32) (local $i i32)
        (loop $again
          (if (i32.lt_u (local.get $i) (local.get $n)) (then
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (i32.store (i32.add (i32.const 60) (i32.mul (local.get $i) (i32.const 4)))
              (call $new (i32.mul (local.get $i) (i32.const 10))))
            (br $again))))
        (i32.store (i32.const 16) (i32.const 64))
        (i32.store (i32.const 20) (local.get $n))
        (i32.const 16))
      (func (export "sum") (param $p i32) (param $n i32) (result i32) (local $sum i32)
        (loop $again
          (if (local.get $n) (then
            (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
            (local.set $p (i32.add (local.get $p) (i32.const 4)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $again))))
        (local.get $sum))
      (func (export "take") (param $p i32) (param $n i32) (result i32) (local $sum i32)
        (loop $again
          (if (local.get $n) (then
            (local.set $sum (i32.add (local.get $sum) (call $rep (i32.load (local.get $p)))))
            (call $drop (i32.load (local.get $p)))
            (local.set $p (i32.add (local.get $p) (i32.const 4)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $again))))
        (local.get $sum)))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $mem "memory"))
      (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
    (func (export "make") (param "n" u32) (result (list (own $R)))
      (canon lift (core func $m "make") (memory (core memory $mem "memory"))))
    (func (export "sum") (param "rs" (list (borrow $R))) (result u32)
      (canon lift (core func $m "sum") (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
    (func (export "take") (param "rs" (list (own $R))) (result u32)
      (canon lift (core func $m "take") (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
    (func (export "drops") (result u32) (canon lift (core func $s "drops"))))
  ;; Holds borrows, since it is not the definer.
  (component $B
    (import "d" (instance $d (export "r" (type $X (sub resource)))
      (export "sum" (func (param "rs" (list (borrow $X))) (result u32)))))
    (alias export $d "r" (type $R))
    (core module $Memory
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get 3) (i32.const 15)) (i32.const -16))))))
    (core instance $mem (instantiate $Memory))
    (core func $drop (canon resource.drop $R))
    (core func $sum (canon lower (func $d "sum") (memory (core memory $mem "memory"))))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "drop" (func $drop (param i32)))
      (import "" "sum" (func $sum (param i32 i32) (result i32)))
      (func (export "use") (param $p i32) (param $n i32) (result i32) (local $sum i32)
        (local.set $sum (call $sum (local.get $p) (local.get $n)))
        (loop $again
          (if (local.get $n) (then
            (call $drop (i32.load (local.get $p)))
            (local.set $p (i32.add (local.get $p) (i32.const 4)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $again))))
        (local.get $sum)))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $mem "memory")) (export "drop" (func $drop)) (export "sum" (func $sum))))))
    (func (export "use") (param "rs" (list (borrow $R))) (result u32)
      (canon lift (core func $m "use") (memory (core memory $mem "memory")) (realloc (core func $mem "realloc")))))
  (component $C
    (import "d" (instance $d
      (export "r" (type $X (sub resource)))
      (export "make" (func (param "n" u32) (result (list (own $X)))))
      (export "sum" (func (param "rs" (list (borrow $X))) (result u32)))
      (export "take" (func (param "rs" (list (own $X))) (result u32)))
      (export "drops" (func (result u32)))))
    (alias export $d "r" (type $R))
    (import "b" (instance $b
      (alias outer $C $R (type $R))
      (export "use" (func (param "rs" (list (borrow $R))) (result u32)))))
    (core module $Memory
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get 3) (i32.const 15)) (i32.const -16))))))
    (core instance $mem (instantiate $Memory))
    (core func $drop (canon resource.drop $R))
    (core func $make (canon lower (func $d "make") (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
    (core func $sum (canon lower (func $d "sum") (memory (core memory $mem "memory"))))
    (core func $take (canon lower (func $d "take") (memory (core memory $mem "memory"))))
    (core func $drops (canon lower (func $d "drops")))
    (core func $use (canon lower (func $b "use") (memory (core memory $mem "memory"))))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "drop" (func $drop (param i32)))
      (import "" "make" (func $make (param i32 i32)))
      (import "" "sum" (func $sum (param i32 i32) (result i32)))
      (import "" "take" (func $take (param i32 i32) (result i32)))
      (import "" "drops" (func $drops (result i32)))
      (import "" "use" (func $use (param i32 i32) (result i32)))
      (func (export "run") (result i32) (local $p i32)
        (call $make (i32.const 3) (i32.const 16))
        (local.set $p (i32.load (i32.const 16)))
        (i32.add (call $take (local.get $p) (i32.const 3)) (i32.mul (call $drops) (i32.const 10000)))))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $mem "memory")) (export "drop" (func $drop)) (export "make" (func $make))
      (export "sum" (func $sum)) (export "take" (func $take))
      (export "drops" (func $drops)) (export "use" (func $use))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $d (instantiate $D))
  (instance $b (instantiate $B (with "d" (instance $d))))
  (instance $c (instantiate $C (with "d" (instance $d)) (with "b" (instance $b))))
  (export "run" (func $c "run")))
