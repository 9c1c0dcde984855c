"""A live Salesforce org: the only package that ever holds an access token."""
