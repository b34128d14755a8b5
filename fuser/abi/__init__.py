"""The canonical ABI: layouts, flattening, and code that lifts and lowers."""
