"""The `freeseat` command."""
