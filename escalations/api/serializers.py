"""What the API tells of promises. The classes describe; the views make the values."""

from __future__ import annotations

from rest_framework import serializers

from escalations.vocabulary import Metric, SegmentPhase, SegmentReason, TimerState


class PolicyVersionSerializer(serializers.Serializer):
    """A published policy, as it stood when it was applied."""

    policy = serializers.CharField()
    version = serializers.IntegerField()
    calendar = serializers.CharField(help_text="The business calendar that counts the time.")


class SegmentSerializer(serializers.Serializer):
    """A stretch of a promise's life. ``ends_at`` is null while it lasts."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    phase = serializers.ChoiceField(choices=SegmentPhase.choices)
    reason = serializers.ChoiceField(choices=SegmentReason.choices)
    event_seq = serializers.IntegerField(help_text="The event that began it; see the ticket's events.")
    counted_seconds = serializers.IntegerField(help_text="Its open time, up to now while it lasts.")
    policy = PolicyVersionSerializer(allow_null=True)


class TimerSerializer(serializers.Serializer):
    """One promise. Seconds are open time by the calendar; a promise is kept at ``due_at`` itself, not after."""

    metric = serializers.ChoiceField(choices=Metric.choices)
    cycle = serializers.IntegerField(help_text="Counts the promises of one metric, from 1.")
    state = serializers.ChoiceField(choices=TimerState.choices)
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="Null while paused.")
    stopped_at = serializers.DateTimeField(allow_null=True)
    breached_at = serializers.DateTimeField(allow_null=True, help_text="The deadline that passed unmet.")
    target_seconds = serializers.IntegerField()
    used_seconds = serializers.IntegerField()
    remaining_seconds = serializers.IntegerField(help_text="Below zero when exceeded.")
    paused_by = serializers.ChoiceField(choices=SegmentReason.choices, allow_blank=True)
    at_risk_at = serializers.DateTimeField(allow_null=True, required=False)
    policy = PolicyVersionSerializer(allow_null=True, required=False)
    segments = SegmentSerializer(many=True, required=False)


class PromisesSerializer(serializers.Serializer):
    """The promises on a ticket. Who asks for help is told what was promised, without the desk's reasons:
    ``policy``, ``at_risk_at`` and ``segments`` are left out."""

    number = serializers.CharField()
    as_of = serializers.DateTimeField(help_text="The instant that all of this speaks of.")
    policy = PolicyVersionSerializer(allow_null=True, required=False)
    timers = TimerSerializer(many=True)
