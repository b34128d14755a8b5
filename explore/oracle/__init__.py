"""The oracle: supervised workers, the reference engine, observations and the judge."""
