;; Where their functions are lifted the types have no names; only the exports name them.
;; call: run() => 42
(component
  (component $D
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (param i32 i32) (result i32)
        (call $new (i32.add (i32.mul (local.get 0) (i32.const 40)) (local.get 1))))
      (func (export "get") (param i32) (result i32) (local.get 0)))
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
    (type $kind (enum "none" "forty"))
    (type $size (record (field "kind" $kind) (field "more" u8)))
    (func $make (param "size" $size) (result (own $r)) (canon lift (core func $m "make")))
    (func $get (param "r" (borrow $r)) (result u32) (canon lift (core func $m "get")))
    (export $R "r" (type $r))
    (export $Kind "kind" (type $kind))
    (type $size-of-kind (record (field "kind" $Kind) (field "more" u8)))
    (export $Size "size" (type $size-of-kind))
    (export "make" (func $make) (func (param "size" $Size) (result (own $R))))
    (export "get" (func $get) (func (param "r" (borrow $R)) (result u32))))
  ;; The re-exporter: its rep is a handle of D's.
  (component $W
    (import "d" (instance $d
      (export "r" (type $X (sub resource)))
      (type $kind (enum "none" "forty"))
      (export "kind" (type $Kind (eq $kind)))
      (type $size (record (field "kind" $Kind) (field "more" u8)))
      (export "size" (type $Size (eq $size)))
      (export "make" (func (param "size" $Size) (result (own $X))))
      (export "get" (func (param "r" (borrow $X)) (result u32)))))
    (core func $make (canon lower (func $d "make")))
    (core func $get (canon lower (func $d "get")))
    (core module $M
      (import "" "make" (func $make (param i32 i32) (result i32)))
      (import "" "get" (func $get (param i32) (result i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (param i32) (result i32)
        (call $new (call $make (local.get 0) (i32.const 2))))
      (func (export "get") (param i32) (result i32) (call $get (local.get 0))))
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core instance $m (instantiate $M (with "" (instance
      (export "make" (func $make)) (export "get" (func $get)) (export "new" (func $new))))))
    (type $flags (flags "forty"))
    (func $make (param "size" $flags) (result (own $r)) (canon lift (core func $m "make")))
    (func $get (param "r" (borrow $r)) (result u32) (canon lift (core func $m "get")))
    (export $R "r" (type $r))
    (export $Flags "size" (type $flags))
    (export "make" (func $make) (func (param "size" $Flags) (result (own $R))))
    (export "get" (func $get) (func (param "r" (borrow $R)) (result u32))))
  (component $C
    (import "w" (instance $w
      (export "r" (type $X (sub resource)))
      (type $flags (flags "forty"))
      (export "size" (type $Flags (eq $flags)))
      (export "make" (func (param "size" $Flags) (result (own $X))))
      (export "get" (func (param "r" (borrow $X)) (result u32)))))
    (core func $make (canon lower (func $w "make")))
    (core func $get (canon lower (func $w "get")))
    (core module $M
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "get" (func $get (param i32) (result i32)))
      (func (export "run") (result i32) (call $get (call $make (i32.const 1)))))
    (core instance $m (instantiate $M (with "" (instance
      (export "make" (func $make)) (export "get" (func $get))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $d (instantiate $D))
  (instance $w (instantiate $W (with "d" (instance $d))))
  (instance $c (instantiate $C (with "w" (instance $w))))
  (export "run" (func $c "run")))
