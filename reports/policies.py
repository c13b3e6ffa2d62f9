"""Who reads reports, and who has them built."""

from puo_desk.accounts.policies import LEADS, declare
from puo_desk.accounts.vocabulary import Role, Scope

READERS = LEADS | {Role.AGENT.value, Role.ENGINEER.value}

declare({"report.view": READERS}, scope=Scope.REPORTS_READ)
declare({"report.build": LEADS}, scope=Scope.REPORTS_WRITE)
