"""A synthetic metadata tree with the proportions of retrieved orgs.

Counted over thirteen public org repos (115,000 files, 640 MB): which types there are, how large their files are, and
how many of them mention a profile. Profiles are 0.4 % of the files and 45 % of the bytes; one class in fifty, one
validation rule in ten and one flow in forty mentions a profile. Names and contents are invented.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
WORDS = (  # noqa: SIM905 - a list of words reads better as a text
    "pump valve order dealer contract service region invoice batch sensor motor pressure flow unit asset visit quote "
    "account contact case entry stage amount status reason owner team price level start end total rate plan line item"
).split()

# Type → files in a tree of 10,000 (counted), and the median size in bytes.
SHARES = {
    "field": (2600, 620),
    "translation": (1900, 450),
    "class": (1600, 1900),
    "class-meta": (1600, 390),
    "image": (800, 2600),
    "listview": (230, 980),
    "layout": (230, 6300),
    "object": (200, 4000),
    "script": (170, 9000),
    "page": (100, 4400),
    "flow": (90, 19_500),
    "record-type": (60, 17_500),
    "flexipage": (50, 15_700),
    "validation": (60, 660),
    "permission-set": (40, 88_000),
    "profile": (40, 600_000),
    "trigger": (50, 1200),
    "report": (50, 2400),
    "app": (25, 6600),
    "workflow": (15, 5000),
    "label": (1, 90_000),
    "record": (150, 700),
}


Maker = Callable[["Writer", int, int], None]


class Writer:
    """Writes the files of one tree; the same seed gives the same bytes."""

    def __init__(self, root: Path, seed: int = 7) -> None:
        self.root = root / "force-app" / "main" / "default"
        self.random = random.Random(seed)
        self.bytes = 0
        self.files = 0

    def write(self, name: str, text: str | bytes) -> None:
        """Write one file below the package folder."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode() if isinstance(text, str) else text
        path.write_bytes(data)
        self.bytes += len(data)
        self.files += 1

    def word(self) -> str:
        """An invented name."""
        return "_".join(self.random.choice(WORDS).capitalize() for _ in range(3))

    def size(self, median: int) -> int:
        """A size around the median, spread as file sizes are."""
        return int(median * min(8.0, self.random.lognormvariate(0, 0.6)))

    def elements(self, size: int, template: str) -> str:
        """Elements of one shape until a size is reached."""
        parts, length = [], 0
        while length < size:
            part = template.format(a=self.word(), b=self.word(), n=self.random.randrange(1000))
            parts.append(part)
            length += len(part)
        return "".join(parts)


def build(root: Path, files: int, seed: int = 7) -> tuple[int, int]:
    """Write a tree of about that many files; gives (files, bytes)."""
    writer = Writer(root, seed)
    writer.write("../../../sfdx-project.json", '{"packageDirectories": [{"path": "force-app", "default": true}]}\n')
    scale = files / sum(count for count, _ in SHARES.values())
    for kind, (count, median) in SHARES.items():
        for n in range(max(1, round(count * scale))):
            _MAKERS[kind](writer, n, writer.size(median))
    return writer.files, writer.bytes


def _field(w: Writer, n: int, size: int) -> None:
    kind = "<formula>IF(ISBLANK(Amount__c), 0, Amount__c * 2)</formula>" if n % 12 == 0 else "<length>80</length>"
    note = w.elements(size - 400, "{a} holds what {b} says. ")
    body = f"<fullName>F{n}__c</fullName>\n    <description>{note}</description>\n    {kind}\n    <type>Text</type>\n"
    w.write(
        f"objects/O{n % 200}__c/fields/F{n}__c.field-meta.xml", f"{HEAD}<CustomField {NS}>\n    {body}</CustomField>\n"
    )


def _translation(w: Writer, n: int, size: int) -> None:
    body = w.elements(size - 150, "    <label>{a} {b}</label>\n")
    name = f"objectTranslations/O{n % 200}__c-de/F{n}__c.fieldTranslation-meta.xml"
    w.write(name, f"{HEAD}<CustomFieldTranslation {NS}>\n{body}</CustomFieldTranslation>\n")


def _class(w: Writer, n: int, size: int) -> None:
    methods = w.elements(
        size,
        "    public static Integer run{a}{n}(List<Account> rows) {{\n        Integer total = 0;\n"
        "        for (Account row : rows) {{\n            if (row.Name != null) {{ total += {n}; }}\n        }}\n"
        "        return total;\n    }}\n",
    )
    test = n % 3 == 0
    tested = ""
    if n % 50 == 1:
        tested = (
            "    public static void guard(List<Account> rows) {\n"
            "        String name = [SELECT Name FROM Profile WHERE Id = :UserInfo.getProfileId()].Name;\n"
            "        if (name == 'API Only' || name.contains('Sales')) { return; }\n        update rows;\n    }\n"
        )
    elif test and n % 9 == 0:
        tested = (
            "    @isTest static void works() {\n"
            "        Profile p = [SELECT Id FROM Profile WHERE Name = 'Standard User' LIMIT 1];\n"
            "        User u = new User(ProfileId = p.Id);\n        System.runAs(u) { insert new Account(); }\n    }\n"
        )
    head = "@isTest\nprivate" if test else "public with sharing"
    w.write(f"classes/C{n}.cls", f"{head} class C{n} {{\n{tested}{methods}}}\n")


def _class_meta(w: Writer, n: int, _size: int) -> None:
    w.write(
        f"classes/C{n}.cls-meta.xml",
        f"{HEAD}<ApexClass {NS}>\n    <apiVersion>61.0</apiVersion>\n    <status>Active</status>\n</ApexClass>\n",
    )


def _image(w: Writer, n: int, size: int) -> None:
    w.write(f"staticresources/R{n // 50}/i{n}.png", b"\x89PNG\r\n\x1a\n" + w.random.randbytes(size))


def _xml(folder: str, suffix: str, root: str, template: str) -> Maker:
    def make(w: Writer, n: int, size: int) -> None:
        body = w.elements(size, template)
        w.write(f"{folder}/X{n}.{suffix}-meta.xml", f"{HEAD}<{root} {NS}>\n{body}</{root}>\n")

    return make


def _script(w: Writer, n: int, size: int) -> None:
    body = w.elements(size, "  handle{a}{n}(event) {{ this.{b} = event.detail.value + {n}; }}\n")
    w.write(f"lwc/c{n}/c{n}.js", f"import {{ LightningElement }} from 'lwc';\nexport default class C{n} {{\n{body}}}\n")


def _page(w: Writer, n: int, size: int) -> None:
    body = w.elements(size, '  <apex:outputText value="{{!{a}}}" rendered="{{!show{n}}}"/>\n')
    w.write(f"pages/P{n}.page", f'<apex:page controller="C{n}">\n{body}</apex:page>\n')


def _flow(w: Writer, n: int, size: int) -> None:
    body = w.elements(
        size,
        "    <assignments>\n        <name>{a}{n}</name>\n        <label>{b}</label>\n        <assignmentItems>\n"
        "            <assignToReference>{b}</assignToReference>\n            <operator>Assign</operator>\n"
        "            <value>\n                <stringValue>{a}</stringValue>\n            </value>\n"
        "        </assignmentItems>\n    </assignments>\n",
    )
    left = "$Profile.Name" if n % 40 == 0 else "$Setup.Switches__c.Off__c" if n % 9 == 0 else "$Record.Name"
    body += (
        "    <decisions>\n        <name>Check</name>\n        <rules>\n            <name>Yes</name>\n"
        "            <conditionLogic>and</conditionLogic>\n            <conditions>\n"
        f"                <leftValueReference>{left}</leftValueReference>\n"
        "                <operator>EqualTo</operator>\n                <rightValue>\n"
        "                    <stringValue>API Only</stringValue>\n                </rightValue>\n"
        "            </conditions>\n        </rules>\n    </decisions>\n    <status>Active</status>\n"
    )
    w.write(f"flows/F{n}.flow-meta.xml", f"{HEAD}<Flow {NS}>\n{body}</Flow>\n")


def _validation(w: Writer, n: int, _size: int) -> None:
    test = ' &amp;&amp; $Profile.Name &lt;&gt; "API Only"' if n % 10 == 0 else ""
    body = (
        f"    <fullName>V{n}</fullName>\n    <active>true</active>\n"
        f"    <errorConditionFormula>AND(ISBLANK({w.word()}__c), ISCHANGED(Amount__c)){test}</errorConditionFormula>\n"
        f"    <errorMessage>{w.word()} is needed</errorMessage>\n"
    )
    name = f"objects/O{n % 200}__c/validationRules/V{n}.validationRule-meta.xml"
    w.write(name, f"{HEAD}<ValidationRule {NS}>\n{body}</ValidationRule>\n")


def _profile(w: Writer, n: int, size: int) -> None:
    fields = w.elements(
        size * 8 // 10,
        "    <fieldPermissions>\n        <editable>false</editable>\n        <field>{a}__c.{b}__c</field>\n"
        "        <readable>true</readable>\n    </fieldPermissions>\n",
    )
    types = w.elements(
        size // 10,
        "    <recordTypeVisibilities>\n        <default>false</default>\n        <recordType>{a}__c.{b}</recordType>\n"
        "        <visible>true</visible>\n    </recordTypeVisibilities>\n",
    )
    tabs = w.elements(
        size // 10,
        "    <tabVisibilities>\n        <tab>{a}__c</tab>\n        <visibility>DefaultOn</visibility>\n"
        "    </tabVisibilities>\n",
    )
    name = "API Only" if n == 0 else f"Profile {n}"
    license_line = "    <userLicense>Salesforce</userLicense>\n"
    body = f"    <custom>true</custom>\n{fields}{types}{tabs}{license_line}"
    w.write(f"profiles/{name}.profile-meta.xml", f"{HEAD}<Profile {NS}>\n{body}</Profile>\n")


def _trigger(w: Writer, n: int, _size: int) -> None:
    guard = "    if (Switches__c.getInstance().Off__c) { return; }\n" if n % 12 == 0 else ""
    body = f"trigger T{n} on Account (before insert) {{\n{guard}    C{n}.run(Trigger.new);\n}}\n"
    w.write(f"triggers/T{n}.trigger", body)


def _label(w: Writer, _n: int, size: int) -> None:
    body = w.elements(
        size,
        "    <labels>\n        <fullName>{a}{n}</fullName>\n        <language>en_US</language>\n"
        "        <value>{b} {n}</value>\n    </labels>\n",
    )
    w.write("labels/CustomLabels.labels-meta.xml", f"{HEAD}<CustomLabels {NS}>\n{body}</CustomLabels>\n")


def _record(w: Writer, n: int, _size: int) -> None:
    values = w.elements(300, "    <values>\n        <field>{a}__c</field>\n        <value>{b}</value>\n    </values>\n")
    w.write(f"customMetadata/Rule.R{n}.md-meta.xml", f"{HEAD}<CustomMetadata {NS}>\n{values}</CustomMetadata>\n")


_ITEM = "    <items>\n        <name>{a}</name>\n        <value>{b}</value>\n        <order>{n}</order>\n    </items>\n"
_MAKERS: dict[str, Maker] = {
    "field": _field,
    "translation": _translation,
    "class": _class,
    "class-meta": _class_meta,
    "image": _image,
    "listview": _xml("objects/O1__c/listViews", "listView", "ListView", _ITEM),
    "layout": _xml("layouts", "layout", "Layout", _ITEM),
    "object": _xml("objects/O2__c", "object", "CustomObject", _ITEM),
    "script": _script,
    "page": _page,
    "flow": _flow,
    "record-type": _xml("objects/O3__c/recordTypes", "recordType", "RecordType", _ITEM),
    "flexipage": _xml("flexipages", "flexipage", "FlexiPage", _ITEM),
    "validation": _validation,
    "permission-set": _xml("permissionsets", "permissionset", "PermissionSet", _ITEM),
    "profile": _profile,
    "trigger": _trigger,
    "report": _xml("reports/R", "report", "Report", _ITEM),
    "app": _xml("applications", "app", "CustomApplication", _ITEM),
    "workflow": _xml("workflows", "workflow", "Workflow", _ITEM),
    "label": _label,
    "record": _record,
}
