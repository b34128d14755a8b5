"""The candidate paths of ADR-0, one module each, against the interface in `fuser.handles`."""
