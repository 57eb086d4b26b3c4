"""What watches over us looks at a house in which events are handled."""

from tests.events.conftest import house

__all__ = ["house"]
