"""Salesforce's formula language as a unit of its own: it knows no file and no finding."""
