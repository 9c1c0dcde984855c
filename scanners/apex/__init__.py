"""Apex as values: parsed with tree-sitter, lowered to a small tree, evaluated symbolically. Knows no finding."""
