"""Runs the `sf` CLI, jsforce and simple-salesforce, unmodified, against a practice org and prints what each command did.

The clients are looked for in a folder where `npm install node@22 @salesforce/cli jsforce` has been run:

    python -m benches.practice_clients FOLDER [--write]

With `--write` the table goes into docs/practice.md, between the two marks there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator.practice.org import Org
from migrator.practice.seeds import planting
from migrator.practice.server import Running, serving
from migrator.practice.store import Store

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "practice.md"
BEGIN, END = "<!-- clients -->", "<!-- /clients -->"
PERMISSION_SET = """<?xml version="1.0" encoding="UTF-8"?>
<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">
    <hasActivationRequired>false</hasActivationRequired>
    <label>Deployed</label>
    <objectPermissions>
        <allowCreate>false</allowCreate>
        <allowDelete>false</allowDelete>
        <allowEdit>false</allowEdit>
        <allowRead>true</allowRead>
        <modifyAllRecords>false</modifyAllRecords>
        <object>Account</object>
        <viewAllRecords>false</viewAllRecords>
    </objectPermissions>
</PermissionSet>
"""
JSFORCE = """
import jsforce from 'jsforce';
const [url, token] = process.argv.slice(2);
const steps = {
  'query': async c => (await c.query("SELECT Id, Profile.Name FROM User LIMIT 3")).records.length === 3,
  'query, an error': async c => (await c.query("SELECT Id FROM Account FOR VIEW").catch(e => e)).errorCode === 'MALFORMED_QUERY',
  'query autoFetch': async c => {
    const small = { 'Sforce-Query-Options': 'batchSize=200' };
    const all = await c.query('SELECT Id, SobjectType, Field FROM FieldPermissions', { autoFetch: true, headers: small });
    return all.totalSize > 200 && new Set(all.records.map(one => one.Id)).size === all.totalSize;
  },
  'find': async c => (await c.sobject('User').find({ IsActive: true }, ['Id', 'Username']).limit(2)).length === 2,
  'retrieve': async c => (await c.sobject('User').retrieve((await me(c)))).Username.includes('@'),
  'retrieve many': async c => (await c.sobject('User').retrieve([await me(c)])).length === 1,
  'update': async c => (await c.sobject('User').update({ Id: await me(c), Title: 'jsforce' })).success,
  'update many': async c => (await c.sobject('User').update([{ Id: await me(c), Title: 'x' }], { allOrNone: true }))[0].success,
  'create, destroy': async c => { const r = await c.sobject('Account').create({ Name: 'J' }); return (await c.sobject('Account').destroy(r.id)).success; },
  'create many': async c => (await c.sobject('Account').create([{ Name: 'J' }, { Name: 'K' }])).every(r => r.success),
  'upsert': async c => (await c.sobject('Account').upsert({ Name: 'U', External_Id__c: 'U-1' }, 'External_Id__c')).success,
  'describe': async c => (await c.sobject('User').describe()).fields.length > 20,
  'describeGlobal': async c => (await c.describeGlobal()).sobjects.length > 20,
  'limits': async c => (await c.limits()).DailyApiRequests.Max > 0,
  'identity': async c => (await c.identity()).username.includes('@'),
  'tooling.query': async c => (await c.tooling.query('SELECT Id, Name FROM ApexClass')).totalSize === 4,
  'tooling.runTestsAsynchronous': async c => String(await c.tooling.runTestsAsynchronous({ testLevel: 'RunLocalTests' })).startsWith('707'),
  'tooling.executeAnonymous': async c => (await c.tooling.executeAnonymous("System.debug('x');")).success,
  'metadata.describe': async c => (await c.metadata.describe()).metadataObjects.length > 5,
  'metadata.list': async c => (await c.metadata.list([{ type: 'Profile' }])).length > 5,
  'metadata.read': async c => (await c.metadata.read('Profile', 'API Only')).fullName === 'API Only',
  'metadata.retrieve': async c => { const r = await c.metadata.retrieve({ unpackaged: { types: [{ name: 'Profile', members: ['*'] }], version: '62.0' } }).complete(); return r.success === true || r.success === 'true'; },
  'bulk2.query': async c => (await (await c.bulk2.query('SELECT Id, Username FROM User')).toArray()).length === 40,
  'bulk2.loadAndWaitForResults': async c => (await c.bulk2.loadAndWaitForResults({ object: 'User', operation: 'update', input: [{ Id: await me(c), Title: 'bulk' }], pollTimeout: 5000, pollInterval: 100 })).successfulResults.length === 1,
  'login (SOAP)': async c => { const d = new jsforce.Connection({ loginUrl: url, version: '62.0' }); await d.login('admin@acme.example', 'practice'); return !!d.accessToken; },
  'authorize (client credentials)': async c => { const d = new jsforce.Connection({ instanceUrl: url, oauth2: { loginUrl: url, clientId: 'acme-kiosk', clientSecret: 'acme-kiosk-secret' } }); await d.authorize({ grant_type: 'client_credentials' }); return !!d.accessToken; },
};
const me = async c => (await c.query("SELECT Id FROM User WHERE Username = 'admin@acme.example'")).records[0].Id;
for (const [name, step] of Object.entries(steps)) {
  const c = new jsforce.Connection({ instanceUrl: url, accessToken: token, version: '62.0' });
  let said = '';
  try { said = (await step(c)) ? 'ok' : 'wrong answer'; } catch (e) { said = String(e.errorCode || e.name) + ': ' + String(e.message).slice(0, 120); }
  console.log(JSON.stringify([name, said]));
}
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """One command of a client and what came of it."""

    client: str
    command: str
    outcome: str
    seconds: float = 0.0


class Sf:
    """The sf CLI with a home of its own."""

    def __init__(self, folder: Path, home: Path, running: Running) -> None:
        self.node = folder / "node_modules" / "node" / "bin" / "node"
        self.script = folder / "node_modules" / "@salesforce" / "cli" / "bin" / "run.js"
        self.home = home
        self.running = running
        self.project = home / "project"
        (self.project / "force-app/main/default/permissionsets").mkdir(parents=True)
        config = {"packageDirectories": [{"path": "force-app", "default": True}], "sourceApiVersion": "62.0"}
        (self.project / "sfdx-project.json").write_text(json.dumps(config), "utf-8")
        target = self.project / "force-app/main/default/permissionsets/Deployed.permissionset-meta.xml"
        target.write_text(PERMISSION_SET, "utf-8")

    def run(self, arguments: str, **more: str) -> tuple[int, dict[str, Any], float]:
        """Exit code, JSON answer, seconds."""
        env = {
            **os.environ,
            "HOME": str(self.home),
            "SF_DISABLE_TELEMETRY": "true",
            "SF_AUTOUPDATE_DISABLE": "true",
            "SF_SKIP_NEW_VERSION_CHECK": "true",
            "PATH": f"{self.node.parent}:{os.environ['PATH']}",
            **more,
        }
        words = [word.replace("~", " ") for word in arguments.split()]
        began = time.perf_counter()
        done = subprocess.run(
            [str(self.node), str(self.script), *words, "--json"],
            cwd=self.project,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        seconds = time.perf_counter() - began
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            answer = {"message": (done.stdout + done.stderr)[-300:]}
        return done.returncode, answer, seconds

    def count(self, name: str, field: str = "", value: str = "") -> int:
        """How many rows of the org have this value."""
        return len(self.running.org.store.where(name, **({field: value} if field else {})))

    def assigned(self, name: str, username: str) -> bool:
        """Whether a user has a permission set."""
        store = self.running.org.store
        held, user = store.first("PermissionSet", Name=name) or {}, store.first("User", Username=username) or {}
        return bool(store.first("PermissionSetAssignment", PermissionSetId=held["Id"], AssigneeId=user["Id"]))


SF_COMMANDS = (
    "org display",
    "org list users",
    "data query -q SELECT~Id,~Username,~Profile.Name~FROM~User~LIMIT~5",
    "data query -t -q SELECT~Id,~Name~FROM~ApexClass",
    "data update record -s User -w Username='warehouse.feed@acme.example' -v Title=Feed",
    "data create record -s Account -v Name=Made",
    "sobject describe -s User",
    "sobject list",
    "org list limits",
    "org assign permset -n Integration_Invoice -b warehouse.feed@acme.example",
    "org assign permsetlicense -n SalesforceAPIIntegrationPsl -b data.loader@acme.example",
    "org assign permsetlicense -n SalesforceAPIIntegrationPsl -b warehouse.feed@acme.example",
    "apex run test --wait 2 -l RunLocalTests",
    "apex run test --synchronous -n InvoiceSync_TEST",
    "apex get test -i {job}",
    "apex run -f debug.apex",
    "project deploy validate -d force-app -l RunLocalTests --wait 2",
    "project deploy start -d force-app --wait 2",
    "project deploy start -d force-app --wait 2 #rest",
    "project retrieve start -m Profile:API~Only -m PermissionSet --wait 2",
    "org list metadata -m Profile",
    "org list metadata-types",
    "org open --url-only",
    "data export bulk -q SELECT~Id~FROM~User --output-file users-out.csv -w 2",
    "data update bulk -s User -f users.csv -w 2",
)
REFUSED = frozenset({"org assign permsetlicense -n SalesforceAPIIntegrationPsl -b warehouse.feed@acme.example"})
"""Commands that the license rules must refuse."""


Check = Callable[[Sf, Any], bool]
CHECKS: dict[str, Check] = {
    "org list users": lambda _, found: [one["profileName"] for one in found] == ["System Administrator"],
    "data query -q": lambda _, found: found["totalSize"] == 5 and "Name" in found["records"][0]["Profile"],
    "data query -t": lambda _, found: found["totalSize"] == 4,
    "data update record": lambda sf, _: sf.count("User", "Title", "Feed") == 1,
    "data create record": lambda sf, _: sf.count("Account", "Name", "Made") == 1,
    "sobject describe": lambda _, found: found["name"] == "User",
    "org assign permset ": lambda sf, _: sf.assigned("Integration_Invoice", "warehouse.feed@acme.example"),
    "org assign permsetlicense": lambda sf, found: (
        not found["failures"] and sf.count("PermissionSetLicenseAssign") == 2
    ),
    "apex run test --wait": lambda _, found: found["summary"]["testsRan"] == 3 and found["summary"]["passing"] == 3,
    "project deploy validate": lambda sf, found: found["success"] and not sf.count("PermissionSet", "Name", "Deployed"),
    "project deploy start": lambda sf, found: found["success"] and sf.count("PermissionSet", "Name", "Deployed") == 1,
    "project retrieve start": lambda sf, _: (
        len(list(sf.project.rglob("*.permissionset-meta.xml"))) > 9
        and len(list(sf.project.rglob("API Only.profile-meta.xml"))) == 1
    ),
    "org list metadata -m": lambda _, found: "API Only" in {one["fullName"] for one in found},
    "data export bulk": lambda sf, _: len((sf.project / "users-out.csv").read_text("utf-8").splitlines()) == 41,
    "data update bulk": lambda sf, _: sf.count("User", "Title", "By bulk") == 1,
}
"""What must be true of a command's result, or of the org behind it, beside the exit code."""


def try_sf(folder: Path, running: Running) -> list[Tried]:
    """Every command of the list, after a login with the access token."""
    with tempfile.TemporaryDirectory() as scratch:
        sf = Sf(folder, Path(scratch), running)
        (sf.project / "debug.apex").write_text("System.debug('x');\n", "utf-8")
        user = running.org.store.column('SELECT "Id" FROM "User" WHERE "Username" = \'erp.sync@acme.example\'')[0]
        (sf.project / "users.csv").write_text(f"Id,Title\n{user},By bulk\n", "utf-8")
        login = f"org login access-token --instance-url {running.url} --no-prompt --set-default --alias practice"
        code, answer, seconds = sf.run(login, SF_ACCESS_TOKEN=running.token())
        found = [_tried(sf, "org login access-token", code, answer, seconds)]
        for command in SF_COMMANDS:
            job = running.org.store.column('SELECT max("Id") FROM "AsyncApexJob"')[0]
            bare, _, how = command.partition(" #")
            more = {"SF_ORG_METADATA_REST_DEPLOY": "true"} if how else {}
            code, answer, seconds = sf.run(bare.format(job=job), **more)
            bare = bare.replace(" -i {job}", " -i JOB")
            found.append(_tried(sf, bare.replace("~", " ") + (" (REST)" if how else ""), code, answer, seconds))
        found.append(_jwt(sf, running))
        return found


def _jwt(sf: Sf, running: Running) -> Tried:
    key = sf.home / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    words = f"org login jwt --client-id practice-cli --jwt-key-file {key} --username kiosk.events@acme.example"
    code, answer, seconds = sf.run(f"{words} --instance-url {running.url}")
    return _tried(sf, "org login jwt", code, answer, seconds)


def _tried(sf: Sf, command: str, code: int, answer: dict[str, Any], seconds: float) -> Tried:
    result = answer.get("result")
    failures = result.get("failures") if isinstance(result, dict) else None
    said = f"exit {code}: {_message(answer, failures)}" if code else "ok"
    check = next((one for start, one in CHECKS.items() if command.startswith(start)), None)
    if command in REFUSED:
        said = f"refused, as it must be: {_message(answer, failures)}" if code else "NOT refused"
    elif check and not code and not check(sf, result):
        said = f"WRONG: {json.dumps(result)[:160]}"
    return Tried("sf", command, said.replace("\n", " "), seconds)


def _message(answer: dict[str, Any], failures: object) -> str:
    if isinstance(failures, list) and failures:
        return str(failures[0].get("message"))[:200]
    return str(answer.get("message"))[:200]


def try_jsforce(folder: Path, running: Running) -> list[Tried]:
    """Every call of the script above."""
    script = folder / "practice-org.mjs"
    script.write_text(JSFORCE, "utf-8")
    node = folder / "node_modules" / "node" / "bin" / "node"
    done = subprocess.run(
        [str(node), str(script), running.url, running.token()],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    if done.returncode:
        found.append(["script", done.stderr[-300:]])
    return [Tried("jsforce", name, said) for name, said in found]


def main() -> int:
    """Try all, print, perhaps write."""
    folder = Path(sys.argv[1])
    org = Org(Store())
    planting.plant(org, "acme")
    with serving(org) as running:
        tried = try_jsforce(folder, running)
        tried += try_sf(folder, running)
    rows = [f"| {one.client} | `{one.command}` | {one.outcome} |" for one in tried]
    table = "\n".join(["| client | command | what it did |", "|---|---|---|", *rows])
    print(table)
    print(f"slowest: {max(one.seconds for one in tried):.1f} s")
    if "--write" in sys.argv:
        head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        tail = rest.partition(END)[2]
        PAGE.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
