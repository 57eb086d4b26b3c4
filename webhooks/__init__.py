"""Meta's callbacks: verify, journal, wake the workers, 200."""

from webhooks.routes import blueprint, open_door

__all__ = ["blueprint", "open_door"]
