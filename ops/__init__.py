"""Is it well? Health, metrics, and the commands that look after the stores."""

from ops.routes import blueprint

__all__ = ["blueprint"]
