"""Meta's callbacks, and those of shops: verify, journal, wake the workers, 200."""

from webhooks.routes import blueprint, open_door
from webhooks.shops import blueprint as shops_blueprint

__all__ = ["blueprint", "open_door", "shops_blueprint"]
