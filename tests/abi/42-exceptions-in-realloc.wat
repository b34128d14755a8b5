;; Item 42: nor does one leave a realloc or a post-return.
;; call: realloc() traps uncaught-exception
;; call: post-return() traps uncaught-exception
(component
  (component $P
    (core module $M
      (memory (export "memory") 1)
      (tag $e)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (throw $e))
      (func (export "f") (param i32 i32))
      (func (export "g") (result i32) (i32.const 1))
      (func (export "post") (param i32) (throw $e)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" string) (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "g") (result u32) (canon lift (core func $m "g") (post-return (core func $m "post")))))
  (instance $p (instantiate $P))
  (component $C
    (import "p" (instance $p (export "f" (func (param "x" string))) (export "g" (func (result u32)))))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (core func $g (canon lower (func $p "g")))
    (core module $M
      (import "" "f" (func $f (param i32 i32)))
      (import "" "g" (func $g (result i32)))
      (func (export "realloc") (result i32) 
        (block $all (try_table (catch_all $all) (call $f (i32.const 8) (i32.const 3)))) (i32.const 9))
      (func (export "post-return") (result i32)
        (block $all (drop (try_table (result i32) (catch_all $all) (call $g)))) (i32.const 9)))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f)) (export "g" (func $g))))))
    (func (export "realloc") (result u32) (canon lift (core func $m "realloc")))
    (func (export "post-return") (result u32) (canon lift (core func $m "post-return"))))
  (instance $c (instantiate $C (with "p" (instance $p))))
  (func (export "realloc") (alias export $c "realloc"))
  (func (export "post-return") (alias export $c "post-return"))
)
