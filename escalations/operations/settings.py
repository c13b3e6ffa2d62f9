"""Publishing what was edited: policies become versions, and bind from then on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from escalations.models import Calendar, SlaPolicy, SlaPolicyVersion
from escalations.models.calendar import rule_of
from escalations.queries.policies import match_json
from escalations.rules.calendar import BusinessCalendar
from escalations.rules.definition import Definition
from escalations.rules.history import Metric, WaitingOn
from escalations.rules.refusals import RuleRefused
from puo_desk.accounts.policies import require
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput


@transaction.atomic
def publish_policy(*, policy_id: int, actor: Actor, now: datetime) -> SlaPolicyVersion:
    """Freeze a policy as it is edited now into a new version, which holds for tickets opened or changed from now on.

    A policy that did not change keeps its version. Timers keep the version they run under.
    Raises: NotPermitted; InvalidInput when the policy or its calendar could promise nothing that falls due.
    """
    require(actor, "sla.manage")
    policy = (
        SlaPolicy.objects.select_for_update(of=("self",))
        .select_related("calendar", "current_version")
        .get(pk=policy_id)
    )
    definition, match = _checked(policy, now).as_json(), match_json(policy)
    current = policy.current_version
    if current is not None and (current.definition, current.match) == (definition, match):
        return current
    version = SlaPolicyVersion.objects.create(
        policy=policy,
        number=(policy.versions.order_by("-number").values_list("number", flat=True).first() or 0) + 1,
        match=match,
        definition=definition,
        published_at=now,
        published_by_label=actor.label,
    )
    policy.current_version = version
    policy.save(update_fields=["current_version"])
    return version


def publish_policies_of(*, calendar_id: int, actor: Actor, now: datetime) -> list[SlaPolicyVersion]:
    """Publish every policy that counts by an edited calendar."""
    policies = SlaPolicy.objects.filter(calendar_id=calendar_id, current_version__isnull=False)
    return [publish_policy(policy_id=pk, actor=actor, now=now) for pk in policies.values_list("pk", flat=True)]


def check_calendar(*, calendar_id: int, now: datetime) -> BusinessCalendar:
    """The calendar as it is edited now. Raises: InvalidInput when it does not open within a year."""
    try:
        calendar = rule_of(Calendar.objects.get(pk=calendar_id))
        calendar.require_open_time(now)
    except RuleRefused as refused:
        raise InvalidInput({"calendar": [str(refused)]}) from refused
    return calendar


def _checked(policy: SlaPolicy, now: datetime) -> Definition:
    targets: dict[int, dict[Metric, int | None]] = {}
    for target in policy.targets.all():
        targets.setdefault(target.priority, {})[Metric(target.metric)] = target.seconds
    if not targets:
        raise InvalidInput({"targets": [_("Set at least one target.")]})
    calendar = check_calendar(calendar_id=policy.calendar_id, now=now)
    try:
        definition = Definition(
            calendar_id=policy.calendar_id,
            calendar_name=policy.calendar.name,
            calendar=calendar,
            targets=targets,
            pauses_on=frozenset(WaitingOn(whom) for whom in policy.pauses_on),
            warn_at=tuple(policy.warn_at),
        )
        for priority in targets:
            definition.promise(policy_version_id=0, priority=priority)
    except RuleRefused as refused:
        raise InvalidInput({"policy": [str(refused)]}) from refused
    return definition
