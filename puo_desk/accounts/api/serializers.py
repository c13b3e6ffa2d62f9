"""What the API says about people."""

from __future__ import annotations

from rest_framework import serializers

from puo_desk.accounts.vocabulary import Role, Scope


class MyTeamSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    is_lead = serializers.BooleanField()


class LimitsSerializer(serializers.Serializer):
    calls = serializers.IntegerField(help_text="Calls allowed in one window.")
    seconds = serializers.IntegerField(help_text="Length of the window.")


class MeSerializer(serializers.Serializer):
    """Who is calling, and what the call may do."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.EmailField(allow_blank=True)
    role = serializers.ChoiceField(choices=Role.choices)
    is_service = serializers.BooleanField()
    time_zone = serializers.CharField()
    language = serializers.CharField()
    teams = MyTeamSerializer(many=True)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices),
        allow_null=True,
        help_text="What the token is limited to; null for a signed-in browser, which is not limited.",
    )
    token_expires_at = serializers.DateTimeField(allow_null=True)
    limits = LimitsSerializer()
