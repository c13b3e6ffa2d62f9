"""Impact x urgency gives the priority."""

from tickets.vocabulary import Impact, Priority, Urgency

_MATRIX: dict[tuple[int, int], Priority] = {
    (Impact.HIGH, Urgency.HIGH): Priority.P1,
    (Impact.HIGH, Urgency.MEDIUM): Priority.P2,
    (Impact.HIGH, Urgency.LOW): Priority.P3,
    (Impact.MEDIUM, Urgency.HIGH): Priority.P2,
    (Impact.MEDIUM, Urgency.MEDIUM): Priority.P3,
    (Impact.MEDIUM, Urgency.LOW): Priority.P4,
    (Impact.LOW, Urgency.HIGH): Priority.P3,
    (Impact.LOW, Urgency.MEDIUM): Priority.P4,
    (Impact.LOW, Urgency.LOW): Priority.P4,
}


def priority_of(impact: int, urgency: int) -> Priority:
    """The priority that impact and urgency (1 high to 3 low) give: 1 x 1 is P1, 3 x 3 is P4."""
    return _MATRIX[impact, urgency]
