"""``/api/v1/me/``: who is calling."""

from __future__ import annotations

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from puo_desk.accounts.api.serializers import MeSerializer
from puo_desk.accounts.api.throttles import ActorThrottle
from puo_desk.accounts.models import ApiToken, User
from puo_desk.accounts.queries.people import list_my_teams
from puo_desk.kernel.actor import Actor


class MeView(APIView):
    required_act = {"GET": "profile.view"}

    @extend_schema(operation_id="me", summary="Who am I", tags=["me"], responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """The person or service account that calls, its role, teams, scopes and limits."""
        user = cast(User, request.user)
        actor: Actor = request._request.actor  # type: ignore[attr-defined]
        token = request.auth if isinstance(request.auth, ApiToken) else None
        throttle = ActorThrottle()
        shown = {
            "id": user.pk,
            "username": user.username,
            "name": user.display_name,
            "email": user.email,
            "role": user.role,
            "is_service": user.is_service,
            "time_zone": user.time_zone,
            "language": user.language,
            "teams": list_my_teams(viewer=actor),
            "scopes": None if actor.scopes is None else sorted(actor.scopes),
            "token_expires_at": token.expires_at if token else None,
            "limits": {"calls": throttle.num_requests or 0, "seconds": throttle.duration or 0},
        }
        return Response(MeSerializer(shown).data)
