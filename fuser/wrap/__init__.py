"""One core module becomes a component with the same world."""
