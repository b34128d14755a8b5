"""Components: binary format to syntax tree and back."""
