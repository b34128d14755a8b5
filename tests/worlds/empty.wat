;; Nothing at all in what is imported and exported.
(component
  (import "e" (instance))
  (import "ns:pkg/e" (instance $e (export "n" (instance))))
  (instance $x)
  (export "x" (instance $x))
  (component $c)
  (instance $y (instantiate $c))
  (export "y" (instance $y))
  (export "ns:pkg/e" (instance $e)))
