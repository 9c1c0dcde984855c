"""Deploys, backups and destructive changes, to a practice org over HTTP."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator import archives, deploying
from migrator.deploying import Package, Wait
from migrator.org import auth, salesforce
from migrator.org.readonly import Call
from migrator.ports import OrgError
from migrator.practice import client
from migrator.practice.sessions import grants
from scanners.errors import Failed, Refused
from tests.migrator.org import wires
from tests.migrator.practice.packages import may, permission_set, reads, xml
from tests.migrator.worlds import QUICK, World, world

RULE = """<validationRules><fullName>Phone_Required</fullName><active>true</active>
<errorConditionFormula>ISBLANK(Phone)</errorConditionFormula><errorMessage>Phone</errorMessage></validationRules>"""
META = xml("ApexClass", "<apiVersion>60.0</apiVersion><status>Active</status>")
TEST = "@isTest\nprivate class FreshTest {\n    @isTest\n    static void works() {\n    }\n}\n"
FILES = {
    "classes/FreshTest.cls": TEST,
    "classes/FreshTest.cls-meta.xml": META,
    "customPermissions/May_Skip.customPermission": xml("CustomPermission", "<label>May Skip</label>"),
    "flows/New_Flow.flow": xml(
        "Flow", "<label>New</label><processType>AutoLaunchedFlow</processType><status>Active</status>"
    ),
    "objects/Account.object": xml("CustomObject", RULE),
    **permission_set("Fresh_Set", may("RunFlow") + reads("Account")),
}
TYPES = (
    ("ApexClass", ("FreshTest",)),
    ("CustomPermission", ("May_Skip",)),
    ("Flow", ("New_Flow",)),
    ("CustomObject", ("Account",)),
    ("PermissionSet", ("Fresh_Set",)),
)


def anything(_call: Call) -> None:
    """Writes may go out."""


def package(files: dict[str, str], types: archives.Types = TYPES) -> Package:
    """A package of texts."""
    return Package(tuple((path, text.encode()) for path, text in files.items()), types)


@pytest.fixture
def org() -> Iterator[World]:
    """An org of one's own."""
    with world(sandbox=True) as made:
        yield made


def test_metadata_of_many_types_goes_in_and_out(org: World) -> None:
    """What was deployed comes back as it was; what is not there is told apart."""
    live = org.live(guard=anything)
    done = deploying.deploy(live, package(FILES))
    assert (done.succeeded, done.problems) == (True, ())
    assert done.id.startswith("0Af")
    asked = (*TYPES, ("ApexTrigger", ("Nobody",)), ("CustomPermission", ("No_Such",)))
    back = deploying.retrieve(live, asked)
    assert back.missing == (("ApexTrigger", "Nobody"), ("CustomPermission", "No_Such"))
    assert back.problems == ()
    assert back.types == TYPES
    assert back.file("classes/FreshTest.cls") == TEST.encode()
    assert b"<fullName>Phone_Required</fullName>" in (back.file("objects/Account.object") or b"")
    assert b"RunFlow" in (back.file("permissionsets/Fresh_Set.permissionset") or b"")
    assert back.file("package.xml") is None
    assert deploying.deploy(live, back).succeeded  # a backup can be put back as it is


def test_what_a_check_deploys_is_not_kept(org: World) -> None:
    """A validation says the same as a deploy and leaves nothing."""
    live = org.live(guard=anything)
    assert deploying.validate(live, package(FILES)).succeeded
    assert len(deploying.retrieve(live, TYPES).missing) == len(TYPES)
    broken = package({**FILES, "classes/FreshTest.cls": "public class FreshTest {"})
    checked, done = deploying.validate(live, broken), deploying.deploy(live, broken)
    assert checked.problems == done.problems


def test_a_deploy_is_all_or_nothing_and_says_where_it_broke(org: World) -> None:
    """One broken file, and nothing of the others is in."""
    live = org.live(guard=anything)
    done = deploying.deploy(live, package({**FILES, "classes/FreshTest.cls": "public class FreshTest {\n  int\n"}))
    assert not done.succeeded
    assert len(done.problems) == 1
    assert done.problems[0].startswith("ApexClass FreshTest (classes/FreshTest.cls:")
    assert "CustomPermission" in {kind for kind, _ in deploying.retrieve(live, TYPES).missing}


def test_tests_decide(org: World) -> None:
    """The asked tests run; one that fails refuses the deploy and is named with its message."""
    live = org.live(guard=anything)
    client.ask(org.url, "POST", "tests", {"fail": {"FreshTest.works": "expected 1,\nbut was 2"}})
    done = deploying.deploy(live, package(FILES), ("FreshTest",))
    assert not done.succeeded
    assert done.problems == ("test FreshTest.works failed: expected 1, but was 2",)
    assert done.tests == (deploying.Ran("FreshTest.works", passed=False, says="expected 1, but was 2"),)
    client.ask(org.url, "POST", "tests", {})
    done = deploying.deploy(live, package(FILES), ("FreshTest",))
    assert (done.succeeded, done.tests) == (True, (deploying.Ran("FreshTest.works", passed=True),))


def test_the_wait_is_bounded_and_can_go_on(org: World) -> None:
    """A slow deploy is asked for less and less often; when the wait is over its id is said, and the wait can resume."""
    client.ask(org.url, "POST", "tests", {"seconds": 1000})
    pauses: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    live = org.live(guard=anything)
    patience = Wait(most=60, sleep=sleep, clock=lambda: now[0])
    with pytest.raises(Failed, match=r"the deploy 0Af\w+ is InProgress after 60 seconds; it goes on") as caught:
        deploying.deploy(live, package(FILES), ("FreshTest",), patience)
    assert pauses[:3] == [1.0, 1.5, 2.25]
    assert max(pauses) == 15
    assert sum(pauses) == 60
    org.org.clock.ahead = timedelta(seconds=2000)
    key = str(caught.value).split()[2]
    assert deploying.wait(live, key).succeeded


def test_components_are_destroyed(org: World) -> None:
    """Gone afterwards; what was gone before is a warning."""
    live = org.live(guard=anything)
    deploying.deploy(live, package(FILES))
    types: archives.Types = (
        ("CustomPermission", ("May_Skip", "No_Such")),
        ("ValidationRule", ("Account.Phone_Required",)),
    )
    done = deploying.destroy(live, types)
    assert (done.succeeded, done.problems) == (True, ())
    assert len(done.warnings) == 1
    assert "No_Such" in done.warnings[0]
    assert deploying.retrieve(live, types[:1]).missing == (
        ("CustomPermission", "May_Skip"),
        ("CustomPermission", "No_Such"),
    )
    assert org.org.store.first("ValidationRule", ValidationName="Phone_Required") is None


def test_a_set_in_use_is_not_destroyed(org: World) -> None:
    """The org's own reason is passed on."""
    live = org.live(guard=anything)
    text = (
        "SELECT PermissionSet.Name FROM PermissionSetAssignment "
        "WHERE PermissionSet.IsCustom = true AND PermissionSet.IsOwnedByProfile = false LIMIT 1"
    )
    name = live.queries([text])[0]
    assert isinstance(name, list)
    done = deploying.destroy(live, (("PermissionSet", (name[0]["PermissionSet"]["Name"],)),))
    assert not done.succeeded
    assert done.problems[0].startswith("PermissionSet ")


def test_who_may_not_deploy_is_told(org: World) -> None:
    """Before anything is started."""
    name = next(
        str(one["Username"])
        for one in org.org.store.where("User", IsActive=1)
        if not grants(org.org, one["Id"]).permissions & {"ModifyAllData", "ModifyMetadata", "AuthorApex"}
    )
    with pytest.raises(OrgError, match="INSUFFICIENT_ACCESS"):
        deploying.deploy(org.live(name, anything), package(FILES))


def test_an_unknown_type_is_a_problem_of_the_backup(org: World) -> None:
    """Never silently an empty backup."""
    back = deploying.retrieve(org.live(guard=anything), (("NoSuchType", ("A",)),))
    assert back.files == ()
    assert back.problems == ("Entity type: 'NoSuchType' is unknown",)


def test_the_guard_lets_no_deploy_through(org: World) -> None:
    """A command that only reads cannot deploy; a backup only reads."""
    with pytest.raises(Refused, match="deploy would write"):
        deploying.deploy(org.live(), package(FILES))
    assert deploying.retrieve(org.live(), TYPES).missing


ANSWERS = {
    "no id": ("<result><done>false</done></result>", "did not say whether it started"),
    "no result": ("", "did not say whether it started"),
}


@pytest.mark.parametrize(("inner", "says"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_says_nothing(inner: str, says: str) -> None:
    """A start without an id is a failure in words."""
    with wires.listening(wires.spoken(soap(inner))) as port, pytest.raises(Failed, match=says):
        deploying.deploy(bare(port), package(FILES))


def test_a_status_that_is_lost() -> None:
    """The deploy may go on: its id is said."""
    start = soap("<result><id>0Af000000000001AAA</id></result>")
    says = "the deploy 0Af000000000001AAA was started, and how it ended is not known"
    with wires.listening(wires.spoken(start, wires.answer("503 Busy"))) as port, pytest.raises(Failed, match=says):
        deploying.deploy(bare(port), package(FILES))


def test_a_failure_without_a_reason() -> None:
    """Is said to be one; prefixes of tags do not matter."""
    start = soap("<result><id>0Af000000000001AAA</id></result>")
    end = soap(
        "<sf:result><sf:done>true</sf:done><sf:status>Canceled</sf:status><sf:success>false</sf:success></sf:result>"
    )
    with wires.listening(wires.spoken(start, end)) as port:
        done = deploying.deploy(bare(port), package(FILES))
    assert done.problems == ("the deploy ended as Canceled, and the org gives no reason",)


@pytest.mark.parametrize("path", ["../evil", "/etc/passwd", "a/../../b", "..\\x"])
def test_files_stay_in_their_package(path: str) -> None:
    """Out and in."""
    with pytest.raises(Refused, match="no path inside"):
        archives.pack(Package(((path, b""),), ()))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(path, "x")
    start = soap("<result><id>09S000000000001AAA</id></result>")
    zipped = base64.b64encode(out.getvalue()).decode()
    end = soap(f"<result><done>true</done><success>true</success><zipFile>{zipped}</zipFile></result>")
    with wires.listening(wires.spoken(start, end)) as port, pytest.raises(Refused, match="no path inside"):
        deploying.retrieve(bare(port), TYPES)


@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,8}/[A-Za-z_]{1,12}\.x", fullmatch=True), st.binary(max_size=40), max_size=6)
)
def test_a_package_survives_its_zip(files: dict[str, bytes]) -> None:
    """Packing and unpacking gives the files back, the same bytes every time."""
    made = Package(tuple(sorted(files.items())), TYPES)
    data = archives.pack(made)
    assert data == archives.pack(Package(tuple(reversed(made.files)), TYPES))
    assert archives.unpack(data, TYPES, (), archives.VERSION) == made


def soap(inner: str) -> bytes:
    """A SOAP answer."""
    space = 'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="x"'
    body = f"<e:Envelope {space}><e:Body><r>{inner}</r></e:Body></e:Envelope>"
    return wires.answer("200 OK", body.encode())


def bare(port: int) -> salesforce.LiveOrg:
    """An org behind a socket."""
    environ = {"SF_ACCESS_TOKEN": "00D!x", "SF_INSTANCE_URL": f"http://127.0.0.1:{port}"}
    return salesforce.LiveOrg(auth.choose(auth.Options(), environ, salesforce.post_form), anything, QUICK)
