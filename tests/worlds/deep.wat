;; Instances in instances, imported and exported, with types taken out of them.
(component
  (import "deep" (instance $d
    (export "i" (instance $i
      (export "j" (instance $j (export "r" (type $r (sub resource))) (export "f" (func (result (own $r))))))
      (alias export $j "r" (type $r))
      (export "g" (func (param "x" (own $r))))))
    (alias export $i "j" (instance $j))
    (alias export $j "r" (type $r))
    (export "h" (func (param "x" (borrow $r))))))
  (alias export $d "i" (instance $i))
  (alias export $i "j" (instance $j))
  (alias export $j "r" (type $r))
  (import "k" (func (param "x" (own $r))))
  (type $a (record (field "x" u8)))
  (instance $0 (export "t" (type $a)) (export "r" (type $r)))
  (instance $1 (export "i" (instance $0)) (export "t" (type $a)))
  (instance $2 (export "i" (instance $1)) (export "j" (instance $0)))
  (export "two" (instance $2))
  (export "one" (instance $1))
  (export "r" (type $r)))
