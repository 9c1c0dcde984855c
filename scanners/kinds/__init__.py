"""One module per metadata family; each defines SCANNER. They never import each other."""
