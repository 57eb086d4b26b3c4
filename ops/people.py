"""Who types a command: for the histories that say by whom something was done."""

import getpass


def operator() -> str:
    """The name of the account that runs us, as far as it has one."""
    try:
        return f"{getpass.getuser()} (command)"
    except (KeyError, OSError):  # a container's user id may have no name
        return "command"
