"""Why the rules refuse a configuration: each refusal has a code and names what is wrong.

They are plain `ValueError`s, so that the rules stay free of everything above the standard library; an edge
or an operation translates them by `code`.
"""

from typing import ClassVar


class RuleRefused(ValueError):
    """A calendar, a target or a policy that no promise can be made with."""

    code: ClassVar[str] = "rule_refused"


class CalendarNeverOpens(RuleRefused):
    """The calendar has no open time within a year: nothing could ever fall due by it."""

    code = "calendar_never_opens"


class HoursNotValid(RuleRefused):
    """Opening hours that cannot be read, or that begin where they end."""

    code = "hours_not_valid"


class HolidayNotValid(RuleRefused):
    """A yearly holiday on a day that no year has."""

    code = "holiday_not_valid"


class ZoneUnknown(RuleRefused):
    """A time zone that the zone database does not have."""

    code = "zone_unknown"


class TargetNotPositive(RuleRefused):
    """A target of no time or less. "No target" is written as null."""

    code = "target_not_positive"


class WarningNotValid(RuleRefused):
    """A warning outside 1 to 99 percent of the target."""

    code = "warning_not_valid"


class DeadlineOutOfReach(RuleRefused):
    """So little open time that the target would fall due more than a century later."""

    code = "deadline_out_of_reach"
