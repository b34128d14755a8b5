"""Static instantiation: a syntax tree becomes a linked program."""
