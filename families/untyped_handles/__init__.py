"""Untyped legacy handles over typed component resources: the second family of design questions."""
