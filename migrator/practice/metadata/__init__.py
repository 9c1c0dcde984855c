"""Metadata API: deploy, retrieve, list; what it says of rows goes through the same rules as any other write."""
