"""The strategy interface, and the faithful handle tables."""
