"""Who may look at promises and settle them."""

from puo_desk.accounts.policies import ADMINS, EVERYBODY, STAFF, declare
from puo_desk.accounts.vocabulary import Scope

declare({"sla.view": EVERYBODY, "sla.explain": STAFF}, scope=Scope.TICKETS_READ)
declare({"sla.manage": ADMINS}, scope=Scope.TICKETS_WRITE)
