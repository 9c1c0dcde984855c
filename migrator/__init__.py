"""Switches Salesforce integration users to the Integration license, in stages, with a way back."""
