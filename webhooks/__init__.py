"""Meta's callbacks, and those of shops: verify, journal, wake the workers, 200.

And the links of campaigns' messages, which are forwarded.
"""

from webhooks.links import blueprint as links_blueprint
from webhooks.routes import blueprint, open_door
from webhooks.shops import blueprint as shops_blueprint

__all__ = ["blueprint", "links_blueprint", "open_door", "shops_blueprint"]
