from puo_desk.kernel.models.due_row import DueRow, DueState
from puo_desk.kernel.models.heartbeat import Heartbeat
from puo_desk.kernel.models.idempotency_key import IdempotencyKey

__all__ = ["DueRow", "DueState", "Heartbeat", "IdempotencyKey"]
