"""What the org speaks: REST, SOAP, OAuth, Bulk API 2.0, in the shapes that Salesforce's clients expect."""
