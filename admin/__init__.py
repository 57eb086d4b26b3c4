"""Pages for people: campaigns, their numbers while they move, and one person's history."""

from admin.site import blueprint

__all__ = ["blueprint"]
