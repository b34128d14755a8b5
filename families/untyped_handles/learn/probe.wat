  ;; The legacy number is the component's; its type is the first one whose use does not fail.
  (func $encode (param $raw i32) (param $kind i32) (result i32) (local.get $raw))
  (func $raw (param $n i32) (result i32) (local.get $n))
  (func $kind (param $n i32) (result i32)
@probes@
    (i32.const -1))
  (func $as (param $n i32) (param $kind i32) (result i32) (call $kind (local.get $n)))
  (func $forget (param $n i32))
