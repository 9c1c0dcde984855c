"""From a live org to an `Inventory`: ask, keep the rows, and read them as values."""

SCHEMA = "freeseat/inventory/v1"
"""Changes when a field is removed or changes its meaning."""
