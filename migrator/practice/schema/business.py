"""Business objects: just enough of them for rights, ownership and mixed transactions to mean something."""

from __future__ import annotations

from migrator.practice.schema.fields import Entity, describe

_OWNED = "OwnerId reference(User,Group) as=Owner"


def _data(name: str, prefix: str, text: str, **facts: object) -> Entity:
    return describe(name, prefix, text, access=("data",), soft_delete=True, **facts)


ENTITIES: tuple[Entity, ...] = (
    _data(
        "Account",
        "001",
        f"""
        Name string(255) required
        Type picklist permissionable
        Industry picklist permissionable
        AnnualRevenue currency permissionable
        NumberOfEmployees int permissionable
        Phone phone permissionable
        Website url permissionable
        Rating picklist permissionable
        BillingCity string(40) permissionable
        BillingCountry string(80) permissionable
        Description textarea permissionable
        ParentId reference(Account) permissionable children=ChildAccounts
        RecordTypeId reference(RecordType)
        External_Id__c string(64) external unique permissionable
        {_OWNED}
        """,
    ),
    _data(
        "Contact",
        "003",
        f"""
        FirstName string(40)
        LastName string(80) required
        Name string(121)
        AccountId reference(Account) permissionable children=Contacts
        Email email permissionable
        Phone phone permissionable
        Birthdate date permissionable
        Department string(80) permissionable
        Title string(128) permissionable
        HasOptedOutOfEmail boolean permissionable default=false
        Interests__c multipicklist permissionable
        {_OWNED}
        """,
        formulas={"Name": """TRIM(COALESCE({t}."FirstName" || ' ', '') || {t}."LastName")"""},
    ),
    _data(
        "Lead",
        "00Q",
        f"""
        FirstName string(40)
        LastName string(80) required
        Name string(121)
        Company string(255) required
        Email email permissionable
        Status picklist required default=Open
        LeadSource picklist permissionable
        IsConverted boolean readonly default=false
        {_OWNED}
        """,
        formulas={"Name": """TRIM(COALESCE({t}."FirstName" || ' ', '') || {t}."LastName")"""},
    ),
    _data(
        "Opportunity",
        "006",
        f"""
        Name string(120) required
        AccountId reference(Account) permissionable children=Opportunities
        StageName picklist required
        Amount currency permissionable
        Probability percent permissionable
        CloseDate date required
        LeadSource picklist permissionable
        {_OWNED}
        """,
        plural="Opportunities",
    ),
    _data(
        "Case",
        "500",
        f"""
        CaseNumber string(30) readonly
        Subject string(255) permissionable
        Status picklist default=New permissionable
        Origin picklist permissionable
        Priority picklist default=Medium permissionable
        AccountId reference(Account) permissionable children=Cases
        ContactId reference(Contact) permissionable children=Cases
        Description textarea permissionable
        {_OWNED}
        """,
    ),
    _data(
        "Campaign",
        "701",
        f"""
        Name string(80) required
        IsActive boolean default=false permissionable
        Status picklist permissionable
        {_OWNED}
        """,
    ),
    _data(
        "Task",
        "00T",
        """
        Subject string(255)
        Status picklist required default=Not~Started
        ActivityDate date
        WhatId reference(Account,Opportunity,Case) as=What children=Tasks
        WhoId reference(Contact,Lead) as=Who children=Tasks
        OwnerId reference(User) as=Owner
        """,
    ),
    _data(
        "Event",
        "00U",
        """
        Subject string(255)
        StartDateTime datetime
        DurationInMinutes int
        WhatId reference(Account,Opportunity,Case) as=What children=Events
        OwnerId reference(User) as=Owner
        """,
    ),
    _data(
        "Product2",
        "01t",
        """
        Name string(255) required
        ProductCode string(255) permissionable
        IsActive boolean default=false permissionable
        """,
        label="Product",
    ),
    _data(
        "Invoice__c",
        "a00",
        f"""
        Name string(80)
        Account__c reference(Account) permissionable children=Invoices__r
        Amount__c currency permissionable
        Due_Date__c date permissionable
        Status__c picklist permissionable
        Invoice_Key__c string(64) external unique permissionable
        {_OWNED}
        """,
    ),
    _data(
        "Sync_Event__c",
        "a01",
        f"""
        Name string(80)
        System__c string(80) permissionable
        Payload__c textarea permissionable
        User__c reference(User) permissionable
        {_OWNED}
        """,
        label="Sync Event",
    ),
)
