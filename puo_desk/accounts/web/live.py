"""What live streams follow: whoever joins or leaves a team hears from then on what the teams may see now."""

from __future__ import annotations

from puo_desk.accounts.queries.people import teams_by_person
from puo_desk.kernel.live.topics import topics_follow

topics_follow(teams_by_person)
