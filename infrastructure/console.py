"""What the commands here say: how they get on, and why they cannot go on."""


class DeployError(Exception):
    """The command cannot go on; its words say why and what to do."""


def say(words: str) -> None:
    """Show one line of progress."""
    print(words, flush=True)  # noqa: T201  # this is a command
