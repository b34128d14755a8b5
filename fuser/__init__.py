"""A static fuser of WebAssembly components."""
