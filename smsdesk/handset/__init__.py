"""The simulated carrier and its phones: development only, served where settings.HANDSET is true.

A carrier, not a demo mode: it speaks Twilio's own wire protocol on both sides, so the desk's real
adapter and real webhooks are what is tried. Nothing below this package knows of it.
"""

CARRIER_PATH = "/handset/carrier"
