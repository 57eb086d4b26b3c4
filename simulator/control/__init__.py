"""The other side: `/sim/…`, by which tests, scripts and the phone page drive the simulator.

Nothing here is Meta's. There is no login: the server listens on loopback only.
"""

from simulator.control.knobs import knobs
from simulator.control.people import people
from simulator.control.traffic import traffic

BLUEPRINTS = (people, traffic, knobs)
