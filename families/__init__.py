"""Kinds of design questions; the pipeline reaches them by entry point."""
