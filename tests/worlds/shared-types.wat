;; Instances and functions that the root imports share types, and none of them is used.
(component
  (import "ns:pkg/one" (instance $one
    (type $x (record (field "a" u8))) (export "rec" (type $rec (eq $x)))
    (type $y (enum "a" "b")) (export "e" (type $e (eq $y)))
    (type $z (option $e)) (export "oe" (type (eq $z)))
    (type $u u32) (export "u" (type (eq $u)))
    (export "f" (func (result $rec)))))
  (alias export $one "rec" (type $rec))
  (alias export $one "oe" (type $oe))
  (alias export $one "u" (type $u))
  (import "rec" (type $root (eq $rec)))
  (type $list (list $root))
  (import "ns:pkg/two" (instance
    (alias outer 1 $list (type $l)) (alias outer 1 $u (type $v))
    (export "list" (type $q (eq $l))) (export "v" (type $w (eq $v)))
    (export "take" (func (param "x" $q) (param "y" $w)))))
  (import "f" (func (param "a" $oe)))
  (import "g" (func (param "x" $rec) (param "y" $root)))
  (import "nothing" (instance))
  (import "h" (func)))
