"""What can go wrong in a run, told apart by who can do something about it."""


class UsageError(Exception):
    """The call or the configuration is wrong; the person at the prompt can fix it (exit 2)."""


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """A gate, a safety rule or drift said no (exit 1)."""


class Failed(Exception):  # noqa: N818 - named for what happened
    """The world broke: disk, git, a crash in a worker (exit 3)."""


class NoMetadata(UsageError):  # noqa: N818 - named for what was found
    """Nothing under the given root is Salesforce metadata (exit 4)."""
