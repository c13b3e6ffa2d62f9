"""Time zones that a reader may choose."""

from __future__ import annotations

import zoneinfo
from functools import cache


@cache
def known_zones() -> frozenset[str]:
    """All IANA names of this machine. Read once: looking for them walks some six hundred files."""
    return frozenset(zoneinfo.available_timezones())


@cache
def places() -> list[str]:
    """Zones that people live in, and UTC; aliases and administrative names are left out."""
    left_out = ("Etc/", "posix/", "right/", "SystemV/", "US/")
    return ["UTC", *sorted(name for name in known_zones() if "/" in name and not name.startswith(left_out))]
