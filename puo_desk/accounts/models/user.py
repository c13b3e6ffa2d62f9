"""People, and the machines that act like people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.rules.names import has_hidden_signs, is_reserved
from puo_desk.accounts.rules.zones import known_zones
from puo_desk.accounts.vocabulary import STAFF_ROLES, Role


def validate_time_zone(value: str) -> None:
    """Accept IANA names alone, so that every instant can be shown in the reader's zone."""
    if value not in known_zones():
        raise ValidationError(
            _("“%(zone)s” is not a time zone. Use a name such as Europe/Berlin."), params={"zone": value}
        )


def validate_name(value: str) -> None:
    """Accept what reads as it is written and is not how the desk itself is called."""
    if has_hidden_signs(value):
        raise ValidationError(_("A name cannot hold signs that are not seen or that turn the direction of text."))
    if is_reserved(value):
        raise ValidationError(_("The desk itself goes by this name. Choose another one."))


class People(BaseUserManager["User"]):
    def create_user(self, username: str, *, password: str | None = None, **fields: Any) -> User:
        """A person who can sign in, or a service account when no password is given."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(username, password=password, role=Role.ADMIN, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)


@dataclass(frozen=True, slots=True)
class Memberships:
    """The teams a person belongs to, and those of them that the person leads: ids."""

    team_ids: frozenset[int]
    led_team_ids: frozenset[int]


class User(AbstractBaseUser):
    """One row is a person who may sign in, or (``is_service``) a system that acts through a token."""

    username = models.CharField(
        _("user name"), max_length=64, unique=True, validators=[UnicodeUsernameValidator(), validate_name]
    )
    email = models.EmailField(_("email"), blank=True)
    full_name = models.CharField(_("full name"), max_length=120, blank=True, validators=[validate_name])
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.REQUESTER)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=settings.DESK_TIME_ZONE, validators=[validate_time_zone]
    )
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    is_active = models.BooleanField(_("active"), default=True)
    is_service = models.BooleanField(_("service account"), default=False)
    access_epoch = models.PositiveIntegerField(
        default=0, help_text=_("Raised when rights change: it ends every session at its next request.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    memberships_at_hand: Memberships | None = None
    """Set where person and teams are read together; a row read otherwise leaves it empty."""

    objects: ClassVar[People] = People()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["full_name", "username"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="one_person_per_email",
                condition=~models.Q(email=""),
                violation_error_message=_("Somebody else has this email address."),
            ),
            models.UniqueConstraint(Lower("username"), name="one_person_per_username"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="known_role"),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.full_name or self.username

    @property
    def role_label(self) -> str:
        """The role in the reader's language. Django's own display looks through all labels each time."""
        return str(Role(self.role).label)

    @property
    def is_staff(self) -> bool:
        """The settings pages ask for this word; only an admin may open them."""
        return self.role == Role.ADMIN

    @property
    def is_superuser(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def works_at_desk(self) -> bool:
        return self.role in STAFF_ROLES

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_superuser

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name.split(" ")[0]

    def get_session_auth_hash(self) -> str:
        """Bound to the access epoch too, so that a change of role or activity ends open sessions."""
        return self._session_hash()

    def get_session_auth_fallback_hash(self) -> Any:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | bytes | None = None) -> str:
        material = f"{self.password}:{self.access_epoch}:{self.role}:{self.is_active}"
        return salted_hmac("puo_desk.accounts.session", material, secret=secret, algorithm="sha256").hexdigest()
