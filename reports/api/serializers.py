"""The shapes of reports in the API."""

from __future__ import annotations

from rest_framework import serializers

from puo_desk.kernel.http.serializers import StrictSerializer
from reports.vocabulary import Better, Unit
from tickets.api.serializers import TicketSerializer


class FigureSerializer(serializers.Serializer):
    """A number, with what it is compared with. Null: there was nothing to count."""

    code = serializers.CharField(help_text="Also the key of its tickets.")
    label = serializers.CharField()
    meaning = serializers.CharField()
    unit = serializers.ChoiceField(
        choices=Unit.choices, help_text="Shares are from 0 to 1, spans are seconds, scores from 1 to 5."
    )
    better = serializers.ChoiceField(choices=Better.choices, allow_blank=True)
    value = serializers.FloatField(allow_null=True)
    day_before = serializers.FloatField(allow_null=True)
    week_mean = serializers.FloatField(allow_null=True, help_text="Over the seven days before that have a value.")
    week_days = serializers.IntegerField(min_value=0, max_value=7, help_text="How many days the mean is over.")


class ReportSummarySerializer(serializers.Serializer):
    """A day's newest report with its headline figures."""

    day = serializers.DateField()
    version = serializers.IntegerField(min_value=1)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(help_text="The first instant after the day.")
    built_at = serializers.DateTimeField()
    figures = FigureSerializer(many=True)
    url = serializers.URLField(help_text="The page for people.")


class HourSerializer(serializers.Serializer):
    hour = serializers.IntegerField(min_value=0, max_value=25, help_text="Elapsed since the day began.")
    clock = serializers.CharField(help_text="The wall time at which it begins.")
    opened = serializers.IntegerField()
    resolved = serializers.IntegerField()


class PrioritySpeedSerializer(serializers.Serializer):
    priority = serializers.IntegerField(min_value=1, max_value=4)
    first_response_count = serializers.IntegerField()
    first_response_median = serializers.FloatField(allow_null=True, help_text="Seconds.")
    first_response_p90 = serializers.FloatField(allow_null=True, help_text="Seconds.")
    resolution_count = serializers.IntegerField()
    resolution_median = serializers.FloatField(allow_null=True, help_text="Seconds.")
    resolution_p90 = serializers.FloatField(allow_null=True, help_text="Seconds.")


class PromiseSerializer(serializers.Serializer):
    metric = serializers.ChoiceField(choices=["first_response", "next_response", "resolution"])
    priority = serializers.IntegerField(min_value=1, max_value=4)
    met = serializers.IntegerField()
    breached = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)


class PartSerializer(serializers.Serializer):
    """Opened, resolved, answered, broken and open of a part of the desk. Key of its tickets: ``team.3.opened``."""

    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField(help_text="As it is called today.")
    opened = serializers.IntegerField()
    resolved = serializers.IntegerField()
    first_response = serializers.IntegerField()
    first_response_median = serializers.FloatField(allow_null=True, help_text="Seconds.")
    breaches = serializers.IntegerField()
    backlog = serializers.IntegerField()


class ChannelPartSerializer(PartSerializer):
    id = serializers.CharField()


class CategoryCountSerializer(serializers.Serializer):
    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    opened = serializers.IntegerField()


class AgentWorkSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    resolved = serializers.IntegerField()
    answered = serializers.IntegerField()
    replies = serializers.IntegerField()
    ratings = serializers.IntegerField()
    rating_mean = serializers.FloatField(allow_null=True)


class ScoreSerializer(serializers.Serializer):
    score = serializers.IntegerField(min_value=1, max_value=5)
    count = serializers.IntegerField()


class BacklogDaySerializer(serializers.Serializer):
    day = serializers.DateField()
    backlog = serializers.IntegerField(allow_null=True)


class ReportTablesSerializer(serializers.Serializer):
    """The breakdowns of a report."""

    hours = HourSerializer(many=True)
    priorities = PrioritySpeedSerializer(many=True)
    promises = PromiseSerializer(many=True)
    teams = PartSerializer(many=True)
    channels = ChannelPartSerializer(many=True)
    categories = CategoryCountSerializer(many=True)
    agents = AgentWorkSerializer(many=True)
    scores = ScoreSerializer(many=True)
    backlog_days = BacklogDaySerializer(many=True)


class ReportSerializer(serializers.Serializer):
    """A day as it was built; it never changes, a correction is a new version."""

    day = serializers.DateField()
    version = serializers.IntegerField(min_value=1)
    versions = serializers.ListField(
        child=serializers.IntegerField(min_value=1), help_text="All there are, newest first."
    )
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(help_text="The first instant after the day.")
    time_zone = serializers.CharField()
    definitions_version = serializers.IntegerField(min_value=1)
    built_at = serializers.DateTimeField()
    built_by = serializers.CharField()
    figures = FigureSerializer(many=True)
    tables = ReportTablesSerializer()
    ticket_keys = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of all numbers that open tickets, for `tickets/?key=`."
    )
    url = serializers.URLField(help_text="The page for people.")


class CountedTicketsSerializer(serializers.Serializer):
    """Exactly the tickets behind a number, as far as the caller may see them."""

    key = serializers.CharField()
    counted = serializers.IntegerField(help_text="How many tickets the number was counted from.")
    not_visible = serializers.IntegerField(help_text="How many of them are not for the caller to see.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = TicketSerializer(many=True)


class BuildSerializer(StrictSerializer):
    """Nothing is needed: the day is in the address."""
