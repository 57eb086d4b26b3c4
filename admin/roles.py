"""Which role each page takes. A page that stands in no list here is shown to admins alone."""

from accounts.roles import may
from store.documents.user import Role

# Shown to everybody, signed in or not.
OPEN = frozenset({"admin.login", "admin.set_up", "admin.static"})

# What is posted to these only asks: a phone number does not belong into an address.
ASKING = frozenset(
    {
        "explain_rules", "find_contact", "find_undisturbed", "look_ahead", "sketch",
        "sketch_segment",
    }
)  # fmt: skip

# One's own account.
ANYBODY = frozenset({"logout", "password"})

VIEWERS = frozenset(
    {
        "people_behind", "report", "report_chart", "report_now",
        "campaign", "campaign_list", "contact", "contacts_page", "explain_rules", "find_contact",
        "find_undisturbed", "funnel", "home", "import_now", "inbox", "look_ahead", "one_import",
        "rule_version", "rules", "segment", "segment_list", "sent_file", "talk", "talk_lines",
        "undisturbed",
    }
)  # fmt: skip

MARKETERS = frozenset(
    {
        "recipients_file",
        "decide", "doubts", "duplicate", "edit_campaign", "edit_segment", "enrol", "export_file",
        "export_undisturbed", "give_back", "hold_back", "import_file", "let_through",
        "new_campaign", "new_segment", "rejected", "roll_rules_back", "send_test", "sketch",
        "sketch_segment", "take_over", "take_step", "withdraw", "write_reply",
    }
)  # fmt: skip

ADMINS = frozenset(
    {
        "account_list", "add_system", "changes", "dead", "dead_letter", "drop_dead",
        "drop_subscription", "invite", "operations", "reset_account", "resume_subscription",
        "retry_all_dead", "retry_dead", "revoke_system", "set_role", "subscribe", "subscription",
        "subscription_list", "systems", "take_account_step", "tell_again",
    }
)  # fmt: skip


def needed(endpoint: str | None) -> Role:
    """The role that a page takes. Pure.

    >>> needed("admin.home"), needed("admin.never_heard_of")
    (<Role.VIEWER: 'viewer'>, <Role.ADMIN: 'admin'>)
    """
    name = (endpoint or "").removeprefix("admin.")
    if name in VIEWERS or name in ANYBODY:
        return Role.VIEWER
    return Role.MARKETER if name in MARKETERS else Role.ADMIN


def may_open(role: Role, endpoint: str | None) -> bool:
    """Whether somebody of this role may see the page, or press its button. Pure."""
    return may(role, needed(endpoint))
