;; A type goes through several names: imported with `eq`, exported again, and used under each.
;; form: component
;; call: api#flip({"on": true, "level": "high"}) => {"on": false, "level": "high"}
;; call: other#flip({"on": false, "level": "low"}) => {"on": true, "level": "low"}
(component
  (component $Types
    (type $l (enum "low" "high")) (export $L "level" (type $l))
    (type $s (record (field "on" bool) (field "level" $L))) (export $S "state" (type $s)))
  (instance $types (instantiate $Types))
  (alias export $types "state" (type $state)) (alias export $types "level" (type $level))
  (component $C
    (import "level" (type $l (eq $level)))
    (type $s' (record (field "on" bool) (field "level" $l)))
    (import "state" (type $s (eq $s')))
    (export $S "again" (type $s))
    (core module $M (memory (export "m") 1)
      (func (export "flip") (param i32 i32) (result i32)
        (i32.store8 (i32.const 8) (i32.eqz (local.get 0))) (i32.store8 (i32.const 9) (local.get 1)) (i32.const 8)))
    (core instance $m (instantiate $M))
    (func (export "flip") (param "s" $S) (result $s) (canon lift (core func $m "flip") (memory (core memory $m "m")))))
  (instance $c (instantiate $C (with "level" (type $level)) (with "state" (type $state))))
  (instance $api (export "level" (type $level)) (export "state" (type $state)) (export "again" (type $c "again")) (export "flip" (func $c "flip")))
  (instance $other (export "lvl" (type $level)) (export "st" (type $state)) (export "again" (type $c "again")) (export "flip" (func $c "flip")))
  (export "api" (instance $api))
  (export "other" (instance $other)))
