"""Core modules: reading, rewriting and writing them."""
