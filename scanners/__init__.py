"""Finds and judges every place in a retrieved Salesforce metadata repo that depends on a user's profile."""

__version__ = "0.1.0"
