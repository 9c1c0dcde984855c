"""From an inventory, a scan and a configuration to a `Plan`. Pure: the same inputs give the same bytes."""
