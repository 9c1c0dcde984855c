"""`python -m migrator` is the `freeseat` command."""

from migrator.cli import main

main()
