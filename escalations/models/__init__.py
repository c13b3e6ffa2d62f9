from escalations.models.calendar import Calendar, CalendarHours, Holiday
from escalations.models.policy import SlaPolicy, SlaPolicyVersion, SlaTarget
from escalations.models.timer import BREACH_LEVEL, Timer, TimerAlarm

__all__ = [
    "BREACH_LEVEL",
    "Calendar",
    "CalendarHours",
    "Holiday",
    "SlaPolicy",
    "SlaPolicyVersion",
    "SlaTarget",
    "Timer",
    "TimerAlarm",
]
