"""What blocks of Apex do, through calls, and how they leave."""

from __future__ import annotations

import pytest

from scanners.apex import tree as t
from scanners.apex.acts import Acts, leaving, rest
from scanners.apex.program import Program

FILES = {
    "classes/Main.cls": b"""public class Main {
    public void run(List<Account> accounts) {
        BODY
    }
    private void again(Integer depth) {
        again(depth - 1);
        insert new Account();
    }
    @future
    public static void later() {
        delete [SELECT Id FROM Account];
    }
}""",
    "classes/Handler.cls": b"""public class Handler {
    public void run(List<Account> accounts) {
        for (Account one : accounts) {
            if (one.Name == null) {
                one.addError('Name');
            }
        }
        Database.upsert(accounts, false);
    }
    public void run() {
        merge null null;
    }
}""",
}


def body(statements: str) -> tuple[Acts, t.Class, t.Block]:
    """The reader of a program, its class `Main`, and these statements in its method."""
    files = {path: text.replace(b"BODY", statements.encode()) for path, text in FILES.items()}
    program = Program(files, files.__getitem__)
    owner = program.find("Main")
    assert owner is not None
    unit = program.unit(owner.path)
    assert unit is not None
    block = unit.body(owner.members["run"][0])
    assert block is not None
    return Acts(program, lambda unit, member: unit.body(member)), owner, block


@pytest.mark.parametrize(
    ("statements", "done"),
    [
        ("update accounts; insert new Account();", ("update", "insert")),
        ("update accounts; update accounts;", ("update",)),
        ("Database.delete(accounts, false);", ("delete",)),
        ("System.enqueueJob(null); EventBus.publish(null);", ("enqueue", "publish")),
        ("Http h = new Http(); h.send(null);", ("callout",)),
        ("new Http().send(null);", ("callout",)),
        ("Sender h; h.send(null);", ()),
        ("new Handler().run(accounts);", ("addError", "upsert")),
        ("Handler h = new Handler(); if (accounts.isEmpty()) { h.run(accounts); }", ("addError", "upsert")),
        ("again(3);", ("insert",)),
        ("later();", ("future call", "delete")),
        ("Main.later();", ("future call", "delete")),
        (
            "try { insert accounts; } catch (Exception e) { throw e; } finally { delete accounts; }",
            ("insert", "throw", "delete"),
        ),
        ("switch on 1 { when 1 { update accounts; } when else { delete accounts; } }", ("update", "delete")),
        ("for (Account one : accounts) { one.Name = 'x'; }", ("sets Name",)),
        ("Handler h; h.Name = 'x';", ()),
        ("accounts[0].addError('x');", ("addError",)),
        ("System.debug(accounts);", ()),
    ],
)
def test_acts(statements: str, done: tuple[str, ...]) -> None:
    """Every way to write, refuse, send and start is named once, in reading order, through calls into the program."""
    acts, owner, block = body(statements)
    assert acts.of(block.body, owner, {"accounts": "List<Account>"}) == done


@pytest.mark.parametrize(
    ("statements", "kind"),
    [
        ("return;", t.Return),
        ("update accounts; throw new E();", t.Throw),
        ("for (Account one : accounts) { return; }", type(None)),
        ("{ { return; } }", t.Return),
        ("update accounts;", type(None)),
    ],
)
def test_leaving(statements: str, kind: type) -> None:
    """A block leaves when its statements always do."""
    assert isinstance(leaving(body(statements)[2]), kind)


def test_what_follows_ends_with_the_loop_for_those_who_go_on_with_it() -> None:
    """`continue` skips the rest of the round, `return` also what comes after the loop."""
    inner, outer = t.Jump(), t.Return(None)
    following = ((inner,), (None, ((outer,), None)))
    assert rest(following, of_loop=True) == (inner,)
    assert rest(following, of_loop=False) == (inner, outer)
