"""What the API tells of procedures. The classes describe; the view makes the values."""

from __future__ import annotations

from rest_framework import serializers

from sop.vocabulary import ArticleState
from tickets.api.serializers import NamedSerializer, PersonSerializer


class ArticleSerializer(serializers.Serializer):
    """A procedure as lists show it, in the version that readers are shown."""

    number = serializers.CharField(help_text="For people and addresses: SOP-12.")
    title = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=ArticleState.choices)
    is_public = serializers.BooleanField(help_text="Whether requesters are shown it once it is published.")
    category = NamedSerializer(allow_null=True)
    owner = PersonSerializer(allow_null=True)
    version = serializers.IntegerField(help_text="The version that readers are shown.")
    newest_version = serializers.IntegerField(
        help_text="Greater than `version` while a newer text waits to be published."
    )
    published_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()
    url = serializers.CharField(help_text="The page for people.")


class EffectSerializer(serializers.Serializer):
    """What became of the tickets on which the procedure was used in the last 90 days."""

    applied = serializers.IntegerField()
    solved = serializers.IntegerField()
    not_solved = serializers.IntegerField()
    reopened = serializers.IntegerField()
    unknown = serializers.IntegerField()
    solved_share = serializers.FloatField(allow_null=True, help_text="Of the uses whose outcome is known.")


class WholeArticleSerializer(ArticleSerializer):
    """A procedure with its text."""

    body = serializers.CharField(help_text="Markdown.")
    body_html = serializers.CharField(
        help_text="The text rendered and cleaned: no scripts, no styles, no remote pictures."
    )
    effect = EffectSerializer(allow_null=True, help_text="Only for those who read all procedures.")
