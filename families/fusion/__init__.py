"""The family of fusion questions: strategies over the fuser, judged in wasmtime."""
