"""What somebody may do on the pages: each role may do what the one before it may. Pure."""

from store.documents.user import Role

_ORDER = list(Role)
IN_WORDS = {
    Role.VIEWER: "looks at campaigns, segments, rules and reports, and changes nothing",
    Role.MARKETER: "makes and runs campaigns, contacts, segments and rules",
    Role.ADMIN: "also lets people and other systems in, and sees what was set aside",
}


def may(has: Role, needs: Role) -> bool:
    """Whether somebody of role `has` may do what takes `needs`.

    >>> may(Role.ADMIN, Role.MARKETER), may(Role.VIEWER, Role.MARKETER)
    (True, False)
    """
    return _ORDER.index(has) >= _ORDER.index(needs)
