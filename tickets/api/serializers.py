"""What the API takes and tells of tickets. Input is closed: an unknown key is an error.

The output classes describe; ``tickets.api.shapes`` makes the values, without a serializer's cost per field.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from puo_desk.kernel.http.serializers import StrictSerializer
from tickets.vocabulary import (
    BODY_LENGTH,
    SUBJECT_LENGTH,
    Channel,
    FieldKind,
    Impact,
    LinkKind,
    MessageKind,
    Priority,
    StatusCategory,
    Urgency,
    WaitingOn,
)


class IdField(serializers.IntegerField):
    """The id of a row: what PostgreSQL can hold, so that a wild number is an error in the input."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **options)


class PersonSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class NamedSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class StatusSerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    category = serializers.ChoiceField(choices=StatusCategory.choices)
    waiting_on = serializers.ChoiceField(choices=WaitingOn.choices, allow_blank=True)


class TicketSerializer(serializers.Serializer):
    """A ticket as it stands. ``version`` goes back with a change, so that nobody overwrites another's.

    Who asks for help is told nothing of how the desk sorts its work: ``priority``, ``impact``, ``urgency``,
    ``assignee``, ``team`` and ``tags`` are left out.
    """

    number = serializers.CharField(help_text="For people and addresses: PUO-1042.")
    subject = serializers.CharField()
    preview = serializers.CharField(help_text="The beginning of the newest public message.")
    status = StatusSerializer()
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    impact = serializers.ChoiceField(choices=Impact.choices, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    channel = serializers.ChoiceField(choices=Channel.choices)
    requester = PersonSerializer()
    assignee = PersonSerializer(allow_null=True, required=False)
    team = NamedSerializer(allow_null=True, required=False)
    category = NamedSerializer(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    form_answers = serializers.DictField()
    opened_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    first_replied_at = serializers.DateTimeField(allow_null=True)
    waiting_since = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    next_due_at = serializers.DateTimeField(allow_null=True)
    next_due_metric = serializers.CharField(allow_blank=True)
    reopened_count = serializers.IntegerField()
    rating = serializers.IntegerField(allow_null=True)
    external_source = serializers.CharField(allow_blank=True)
    external_id = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField()
    url = serializers.CharField(help_text="Where a person opens it.")


class NewTicketSerializer(StrictSerializer):
    """A request. Without a subject the first sentence of the body becomes it; without impact and urgency the
    category's defaults count; ``requester`` and ``team`` need the right to open for others."""

    subject = serializers.CharField(max_length=SUBJECT_LENGTH, required=False, allow_blank=True, default="")
    body = serializers.CharField(max_length=BODY_LENGTH)
    category = IdField(required=False, allow_null=True)
    impact = serializers.ChoiceField(choices=Impact.choices, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    requester = IdField(required=False)
    team = IdField(required=False)
    channel = serializers.ChoiceField(choices=Channel.choices, required=False, default=Channel.API)
    form_answers = serializers.DictField(required=False, default=dict)
    files = serializers.ListField(child=serializers.UUIDField(), required=False, default=list, max_length=25)
    field_files = serializers.DictField(child=serializers.UUIDField(), required=False, default=dict)
    incident = IdField(required=False, allow_null=True)
    external_source = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    external_id = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class TagChangeSerializer(StrictSerializer):
    add = serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list, max_length=20)
    remove = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, default=list, max_length=20
    )


class TicketActsSerializer(StrictSerializer):
    """Named acts on a ticket; those present are done together or not at all.

    ``version`` is the one the caller saw: when the ticket has changed since, nothing is done (409).
    """

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    status = serializers.CharField(max_length=40, required=False)
    assignee = IdField(required=False, allow_null=True)
    team = IdField(required=False, allow_null=True)
    category = IdField(required=False, allow_null=True)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    impact = serializers.ChoiceField(choices=Impact.choices, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    subject = serializers.CharField(max_length=SUBJECT_LENGTH, required=False)
    tags = TagChangeSerializer(required=False)


class NoInputSerializer(StrictSerializer):
    """Nothing is needed."""


class RatingSerializer(StrictSerializer):
    score = serializers.IntegerField(min_value=1, max_value=5)
    comment = serializers.CharField(max_length=2_000, required=False, allow_blank=True, default="")


class ReopenSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class LinkSerializer(StrictSerializer):
    other = serializers.RegexField(r"^(?:PUO|puo)-[0-9]{1,15}$", help_text="The other ticket's number.")
    kind = serializers.ChoiceField(choices=LinkKind.choices)


class FileSerializer(serializers.Serializer):
    key = serializers.UUIDField()
    file_name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    url = serializers.CharField()


class UploadSerializer(StrictSerializer):
    file = serializers.FileField(max_length=300)


class MessageSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=MessageKind.choices)
    author = PersonSerializer(allow_null=True)
    body = serializers.CharField(help_text="Markdown, as written.")
    body_html = serializers.CharField(help_text="The cleaned rendering.")
    channel = serializers.ChoiceField(choices=Channel.choices)
    created_at = serializers.DateTimeField()
    seq = serializers.IntegerField(help_text="Its place in the ticket's history.")
    files = FileSerializer(many=True)


class NewMessageSerializer(StrictSerializer):
    """``kind`` note is internal. ``set_status`` is the status code a reply leaves the ticket in, and
    ``last_seen_seq`` refuses a reply (409) when newer messages have arrived since; a note takes neither."""

    body = serializers.CharField(max_length=BODY_LENGTH)
    kind = serializers.ChoiceField(
        choices=[("reply", "Public"), ("note", "Internal note")], required=False, default="reply"
    )
    set_status = serializers.CharField(max_length=40, required=False)
    files = serializers.ListField(child=serializers.UUIDField(), required=False, default=list, max_length=25)
    last_seen_seq = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    external_id = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What only a reply can do is refused on a note, not passed over."""
        if attrs["kind"] == "note" and (extra := sorted({"set_status", "last_seen_seq"} & set(attrs))):
            raise serializers.ValidationError({name: [_("A note takes no such field.")] for name in extra})
        return attrs


class EventSerializer(serializers.Serializer):
    """One thing that happened; ``data`` depends on ``kind``."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    actor = PersonSerializer(allow_null=True)
    actor_label = serializers.CharField()
    source = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    data = serializers.DictField()
    request_id = serializers.CharField()


class FormFieldSerializer(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()
    kind = serializers.ChoiceField(choices=FieldKind.choices)
    is_required = serializers.BooleanField()
    options = serializers.ListField(child=serializers.CharField())
    help_text = serializers.CharField(allow_blank=True)


class CategorySerializer(serializers.Serializer):
    """A category with the form that a request of it answers."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    path = serializers.ListField(child=serializers.CharField())
    parent = serializers.IntegerField(allow_null=True)
    description = serializers.CharField(allow_blank=True)
    default_impact = serializers.ChoiceField(choices=Impact.choices)
    default_urgency = serializers.ChoiceField(choices=Urgency.choices)
    form_fields = FormFieldSerializer(many=True)


class IncidentSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    public_summary = serializers.CharField()
    started_at = serializers.DateTimeField()
