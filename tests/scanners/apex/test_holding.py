"""Elements of collections by their place, also by places that no list has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.trees import scan, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("place", ["-1", "0", "7"])
def test_a_place_that_no_list_has_is_unknown(tmp_path: Path, place: str) -> None:
    """What stands there would throw; the scan goes on, and finds the test beside it."""
    body = (
        f"List<String> none = new List<String>(); String one = none.get({place});\n"
        "        String name = [SELECT Name FROM Profile WHERE Id = :UserInfo.getProfileId()].Name;\n"
        "        if (name == 'API Only') { throw new QueryException(one); }"
    )
    root = write(
        tmp_path, {"classes/Guard.cls": f"public class Guard {{\n    void work() {{\n        {body}\n    }}\n}}\n"}
    )
    assert [one.rule for one in scan(root, "API Only").findings if one.location.line == 5] == ["apex/profile-condition"]
