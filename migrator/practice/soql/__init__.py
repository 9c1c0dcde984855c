"""SOQL: read with the project's Apex grammar, answered from SQLite; what is not supported is refused by name."""
