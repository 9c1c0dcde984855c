"""A plan tried out on a twin of the org, on this machine: forward, back, and forward again."""
