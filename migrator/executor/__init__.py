"""The part that writes: users moved and put back under one rule, whatever dies in between (design 5)."""
