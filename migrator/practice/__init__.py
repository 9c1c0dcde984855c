"""A Salesforce org that runs on the user's machine and enforces the rules of licenses."""
