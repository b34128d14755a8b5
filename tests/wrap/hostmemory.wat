;; Host functions lowered with memory, in two encodings, from two guests with a memory each;
;; one of them is called by a start function.
(component
  (import "example:host/text" (instance $text
    (export "join" (func (param "parts" (list string)) (result string)))
    (export "log" (func (param "s" string)))
    (export "pair" (func (result (tuple u32 u64))))))
  (component $c
    (import "text" (instance $text
      (export "join" (func (param "parts" (list string)) (result string)))
      (export "log" (func (param "s" string)))
      (export "pair" (func (result (tuple u32 u64))))))
    (core module $shim
      (table (export "$imports") 3 funcref)
      (func (export "0") (param i32 i32 i32)
        (call_indirect (param i32 i32 i32) (local.get 0) (local.get 1) (local.get 2) (i32.const 0)))
      (func (export "1") (param i32 i32)
        (call_indirect (param i32 i32) (local.get 0) (local.get 1) (i32.const 1)))
      (func (export "2") (param i32) (call_indirect (param i32) (local.get 0) (i32.const 2))))
    (core module $fixups
      (import "" "$imports" (table 3 funcref))
      (import "" "0" (func $0 (param i32 i32 i32)))
      (import "" "1" (func $1 (param i32 i32)))
      (import "" "2" (func $2 (param i32)))
      (elem (i32.const 0) func $0 $1 $2))
    (core module $m
      (import "" "join" (func $join (param i32 i32 i32)))
      (import "" "log" (func $log (param i32 i32)))
      (import "" "pair" (func $pair (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\40\00\00\00\03\00\00\00\43\00\00\00\03\00\00\00")
      (data (i32.const 64) "ein zwei")
      (global $top (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and
          (i32.add (global.get $top) (i32.sub (local.get 2) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get 2))))
        (global.set $top (i32.add (local.get $at) (local.get 3)))
        (if (local.get 0) (then (memory.copy (local.get $at) (local.get 0) (local.get 1))))
        (local.get $at))
      (func (export "go") (param i32 i32) (result i32)
        (call $log (local.get 0) (local.get 1))
        (call $pair (i32.const 200))
        (i32.store (i32.const 0) (local.get 0))
        (i32.store (i32.const 4) (local.get 1))
        (i32.store (i32.const 12) (i32.load (i32.const 200)))
        (call $join (i32.const 0) (i32.const 2) (i32.const 32))
        (i32.const 32)))
    (core instance $s (instantiate $shim))
    (core instance $i (instantiate $m (with "" (instance
      (export "join" (func $s "0")) (export "log" (func $s "1")) (export "pair" (func $s "2"))))))
    (alias core export $i "memory" (core memory $mem))
    (alias core export $i "realloc" (core func $realloc))
    (core func $join (canon lower (func $text "join") (memory $mem) (realloc $realloc)))
    (core func $log (canon lower (func $text "log") (memory $mem)))
    (core func $pair (canon lower (func $text "pair") (memory $mem)))
    (core instance (instantiate $fixups (with "" (instance
      (export "$imports" (table $s "$imports"))
      (export "0" (func $join)) (export "1" (func $log)) (export "2" (func $pair))))))
    (func (export "go") (param "s" string) (result string)
      (canon lift (core func $i "go") (memory $mem) (realloc $realloc))))
  (component $d
    (import "text" (instance $text (export "log" (func (param "s" string)))))
    (core module $memory
      (memory (export "memory") 2 5)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "log" (func $log (param i32 i32)))
      (data (i32.const 512) "h\00\fc\00")
      (func $start (call $log (i32.const 512) (i32.const 2)))
      (start $start)
      (func (export "size") (result i32) (memory.size)))
    (core instance $mem (instantiate $memory))
    (alias core export $mem "memory" (core memory $memory))
    (core func $log (canon lower (func $text "log") string-encoding=utf16 (memory $memory)))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $memory)) (export "log" (func $log))))))
    (func (export "size") (result u32) (canon lift (core func $i "size"))))
  (instance $c (instantiate $c (with "text" (instance $text))))
  (instance $d (instantiate $d (with "text" (instance $text))))
  (export "go" (func $c "go"))
  (export "size" (func $d "size")))
