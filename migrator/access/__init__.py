"""What a user may do, before and after: grants, the ceiling of the target license, the gap, and sets that close it."""
