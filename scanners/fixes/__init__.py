"""Rewrites that keep every automation as it is for everybody, and what proves it."""
