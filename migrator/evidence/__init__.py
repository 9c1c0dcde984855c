"""What a change board is shown of runs: worked out of the journal alone, as values, as JSON and as a page."""
