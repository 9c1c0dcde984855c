"""How long it takes to find and prove the fixes of 300 findings: validation rules, flows and Apex, one project.

    python benches/fix.py [findings]

Prints the findings fixed and left open, the seconds, and where they went. The bound is 10 seconds for 300.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from scanners import engine, project  # noqa: E402
from scanners.fixes.finding_fixes import fixes  # noqa: E402
from scanners.fixes.model import Wishes  # noqa: E402
from scanners.options import Options  # noqa: E402
from tests.scanners.fixes.org import MAIN, OLD, project_in  # noqa: E402
from tests.scanners.fixes.test_apex import guarded  # noqa: E402
from tests.scanners.fixes.test_flows import API, BLANK, ONE_OF, flow  # noqa: E402
from tests.trees import rule, rule_path  # noqa: E402

BOUND = 10.0


def files(findings: int) -> dict[str, str]:
    """A project with so many findings: half of them rules, the rest flows and classes."""
    found = {}
    for number in range(findings):
        match number % 6:
            case 0 | 1:
                text = f'AND($Profile.Name &lt;&gt; "{OLD}", ISBLANK(Field_{number}__c), Amount__c &gt; {number})'
                found[rule_path(f"Rule_{number}")] = rule(text)
            case 2:
                text = f'NOT(CONTAINS("{OLD}:Sales", $Profile.Name)) &amp;&amp; Field_{number}__c = "x"'
                found[rule_path(f"Rule_{number}", "Contact")] = rule(text)
            case 3:
                found[f"{MAIN}/flows/Flow_{number}.flow-meta.xml"] = flow(BLANK + API)
            case 4:
                found[f"{MAIN}/flows/Flow_{number}.flow-meta.xml"] = flow(ONE_OF + BLANK)
            case 5:
                text = guarded(f"one.Phone == '{number}' && name == '{OLD}'").replace("Guard", f"Guard{number}")
                found[f"{MAIN}/classes/Guard{number}.cls"] = text
    return found


def main() -> None:
    """Measure, and fail where the bound is missed."""
    findings = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder:
        root = project_in(Path(folder), files(findings))
        tree = project.open_folder(str(root), engine.suffixes(everything=False))
        began, worked = time.perf_counter(), time.process_time()
        found = fixes(tree, Options(before=(OLD,), processes=2), Wishes())
        seconds, busy = time.perf_counter() - began, time.process_time() - worked
    fixed = sum(len(fix.findings) for fix in found.fixes)
    claims = sum(len(fix.proof) for fix in found.fixes)
    print(
        f"{fixed} findings fixed, {len(found.open)} open, {claims} claims; {seconds:.1f} s ({busy:.1f} s of this process)"
    )
    for one in found.open[:5]:
        print(f"  open: {one.place}: {one.reason}")
    if seconds > BOUND * max(findings, 300) / 300:
        sys.exit(f"slower than {BOUND:.0f} s for 300 findings")


if __name__ == "__main__":
    main()
