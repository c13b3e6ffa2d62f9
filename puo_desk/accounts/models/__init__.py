from puo_desk.accounts.models.event import DeskEvent, PersonEvent
from puo_desk.accounts.models.team import Membership, Team
from puo_desk.accounts.models.token import ApiToken
from puo_desk.accounts.models.user import Memberships, User

__all__ = ["ApiToken", "DeskEvent", "Membership", "Memberships", "PersonEvent", "Team", "User"]
