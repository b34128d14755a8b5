"""From a design question to architecture decision records: rank, prototype, oracle, validate, emit, synthesize."""
