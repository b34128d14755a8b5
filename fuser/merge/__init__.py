"""Many core modules and written functions become one core module."""
