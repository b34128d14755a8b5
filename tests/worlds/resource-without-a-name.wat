;; A type may take a resource that the root does not export, where nothing in it is exported that mentions it.
(component
  (type $r (resource (rep i32)))
  (type $f (func (param "a" (own $r))))
  (type $t (instance (alias outer 1 $r (type)) (alias outer 1 $f (type)) (export "g" (func))))
  (export "t" (type $t))
  (type $u (component (alias outer 1 $f (type)) (export "g" (func))))
  (export "u" (type $u)))
