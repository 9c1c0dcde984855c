"""Whose profile a path speaks of (metadata-catalogue.md 3.2), and which of its facts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.model import Subject
from scanners.subjects import Attribute, attribute_of

RUNNING, OWNER, CREATED, MODIFIED, OTHER, EDITED = (
    Subject.RUNNING_USER,
    Subject.OWNER,
    Subject.CREATED_BY,
    Subject.LAST_MODIFIED_BY,
    Subject.LOOKED_UP_USER,
    Subject.EDITED_USER,
)
KNOWN = [
    # the running user
    ("$Profile.Name", "Account", "name", RUNNING),
    ("$Profile.Id", "Account", "id", RUNNING),
    ("$Profile.Key", "", "key", RUNNING),
    ("$Profile.UserType", "", "user-type", RUNNING),
    ("$Profile.LicenseType", "", "license", RUNNING),
    ("$User.ProfileId", "Account", "id", RUNNING),
    ("$User.Profile.Name", "", "name", RUNNING),
    ("$User.Profile.Id", "", "id", RUNNING),
    ("$User.Profile.Key", "", "key", RUNNING),
    ("$User.Profile.UserLicense.Name", "", "license", RUNNING),
    ("$User.UserType", "Account", "user-type", RUNNING),
    # criteria of workflow, approval and duplicate rules; merge fields
    ("User.Profile", "Account", "name", RUNNING),
    ("User.ProfileId", "Account", "id", RUNNING),
    ("User.ProfileId", "User", "id", EDITED),
    ("User.UserType", "Account", "user-type", RUNNING),
    ("User.Profile.Name", "", "name", RUNNING),
    # users stored on the record
    ("Owner.Profile.Name", "Account", "name", OWNER),
    ("Owner:User.Profile.Name", "Case", "name", OWNER),
    ("Owner:User.ProfileId", "Case", "id", OWNER),
    ("Account.Owner.Profile.Name", "Contact", "name", OWNER),
    ("$Record.Owner.Profile.Name", "Account", "name", OWNER),
    ("$Record.Owner:User.Profile.Name", "Case", "name", OWNER),
    ("Record.Owner.Profile.Name", "", "name", OWNER),
    ("CreatedBy.Profile.Name", "Account", "name", CREATED),
    ("CreatedBy.ProfileId", "Account", "id", CREATED),
    ("LastModifiedBy.Profile.Id", "Account", "id", MODIFIED),
    ("LastModifiedBy.Profile.UserLicense.Name", "Account", "license", MODIFIED),
    ("LastModifiedBy.Profile.UserLicense.MasterLabel", "Account", "license", MODIFIED),
    ("CreatedBy.Profile.UserType", "Account", "user-type", CREATED),
    ("Owner.Profile.LicenseType", "Account", "license", OWNER),
    ("$Record__Prior.LastModifiedBy.ProfileId", "Account", "id", MODIFIED),
    # users that another field names
    ("Reviewer__r.Profile.Name", "Account", "name", OTHER),
    ("Reviewer__r.ProfileId", "Account", "id", OTHER),
    ("Acme_Order__r.Reviewer__r.UserType", "Account", "user-type", OTHER),
    ("Manager.Profile.Name", "User", "name", OTHER),
    # the row of a user itself
    ("Profile.Name", "User", "name", EDITED),
    ("ProfileId", "User", "id", EDITED),
    ("UserType", "User", "user-type", EDITED),
    ("Profile.UserLicenseId", "User", "license", EDITED),
    ("Profile.UserLicense.LicenseDefinitionKey", "User", "license", EDITED),
    ("$Record.ProfileId", "User", "id", EDITED),
    ("$Record__Prior.ProfileId", "User", "id", EDITED),
    ("profileid", "USER", "id", EDITED),
]
UNKNOWN = [
    # only User has a profile
    ("Profile.Name", "Account"),
    ("ProfileId", "Account"),
    ("UserType", "Account"),
    ("$Record.ProfileId", "Account"),
    ("ProfileId", ""),
    # other users' facts, other profiles
    ("$User.Username", "User"),
    ("$User.UserRoleId", "User"),
    ("$UserRole.Name", "User"),
    ("$User.IsProfilePhotoActive", "User"),
    ("Health_Profile__c", "User"),
    ("Profile__r.Name", "User"),
    ("Profile__c", "User"),
    ("Company_Profile__r.Name", "Account"),
    ("$Profile", "User"),
    ("$Profile.Description", "User"),
    ("$Profile.Name.Other", "User"),
    ("ProfileId__c", "User"),
    ("User_Type__c", "User"),
    ("$Setup.Profile_Settings__c.Name__c", "User"),
    ("$Label.Profile_Name", "User"),
    ("", "User"),
]


@pytest.mark.parametrize(("path", "host", "kind", "subject"), KNOWN)
def test_knows_whose_profile(path: str, host: str, kind: str, subject: Subject) -> None:
    """Each shape of the table has one meaning."""
    assert attribute_of(path, host) == Attribute(kind, subject)


@pytest.mark.parametrize(("path", "host"), UNKNOWN)
def test_leaves_other_words_alone(path: str, host: str) -> None:
    """The word alone is no profile of a user."""
    assert attribute_of(path, host) is None


@given(st.sampled_from(KNOWN), st.data())
def test_letter_case_is_ignored(case: tuple[str, str, str, Subject], data: st.DataObject) -> None:
    """Names of fields and objects have no letter case on the platform."""
    path, host, kind, subject = case
    upper = data.draw(st.lists(st.booleans(), min_size=len(path), max_size=len(path)))
    written = "".join(c.upper() if up else c.lower() for c, up in zip(path, upper, strict=True))
    assert attribute_of(written, host.swapcase()) == Attribute(kind, subject)


@given(st.sampled_from([case for case in KNOWN if case[3] in (OWNER, CREATED, MODIFIED)]), st.integers(1, 3))
def test_the_nearest_person_counts(case: tuple[str, str, str, Subject], steps: int) -> None:
    """However long the way to a record, the person at its end is meant."""
    path, _, kind, subject = case
    bare = path.removeprefix("$Record.").removeprefix("$Record__Prior.")
    assert attribute_of("Parent__r." * steps + bare, "Contact") == Attribute(kind, subject)
