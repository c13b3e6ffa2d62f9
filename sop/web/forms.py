"""The editor's form; it yields the keyword arguments of one operation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.policies import may
from puo_desk.accounts.queries.people import list_assignable_people
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput
from sop.models import Article, ArticleVersion
from sop.operations.articles import ArticleText
from sop.vocabulary import BODY_LENGTH, NOTE_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH
from tickets.queries.classification import list_categories

_FIELD_OF = {"category_id": "category", "owner_id": "owner"}


class ArticleForm(forms.Form):
    """A procedure as it is written. ``revision`` and ``seen_version`` tell what the writer began from."""

    title = forms.CharField(
        label=_("Title"), max_length=TITLE_LENGTH, help_text=_("What is wrong, as a requester would say it.")
    )
    summary = forms.CharField(
        label=_("Summary"),
        max_length=SUMMARY_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("When to use it. Its words, and those of the title, decide when it is suggested."),
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False, help_text=_("Keeps it true."))
    is_public = forms.BooleanField(
        label=_("Show to requesters once it is published"),
        required=False,
        help_text=_("They find it in their portal, and it is suggested before they ask."),
    )
    body = forms.CharField(
        label=_("Text"),
        max_length=BODY_LENGTH,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "true"}),
        help_text=_("Markdown: # heading, **bold**, 1. step, > warning, `code`, | table |"),
    )
    change_note = forms.CharField(
        label=_("What changed"),
        max_length=NOTE_LENGTH,
        required=False,
        help_text=_("One line, for those who read it before."),
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, viewer: Actor, article: Article | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._article = article
        self._offer("category", [("", _("No category")), *((str(row.id), row.label) for row in list_categories())])
        people = [(str(person.id), person.name) for person in list_assignable_people()]
        if article and article.owner and all(str(article.owner_id) != value for value, _name in people):
            people.insert(0, (str(article.owner_id), article.owner.display_name))
        self._offer("owner", [("", _("Nobody")), *people])
        if article and article.is_published and not may(viewer, "article.publish"):
            self.fields["is_public"].disabled = True
        if article is None:
            del self.fields["change_note"]

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    @classmethod
    def of(cls, article: Article, version: ArticleVersion, *, viewer: Actor) -> ArticleForm:
        """The form filled with the newest text."""
        kept = {
            "title": version.title,
            "summary": version.summary,
            "body": version.body,
            "category": str(article.category_id or ""),
            "owner": str(article.owner_id or ""),
            "is_public": article.is_public,
            "revision": article.revision,
            "seen_version": version.number,
        }
        return cls(initial=kept, viewer=viewer, article=article)

    def text(self) -> ArticleText:
        """What the operation takes."""
        given = self.cleaned_data
        return ArticleText(
            title=given["title"],
            body=given["body"],
            summary=given["summary"],
            category_id=int(given["category"]) if given["category"] else None,
            owner_id=int(given["owner"]) if given["owner"] else None,
            is_public=self._article.is_public
            if self.fields["is_public"].disabled and self._article
            else given["is_public"],
        )

    def take_refusal(self, refused: InvalidInput) -> None:
        """Show what the operation refused beside its fields."""
        for name, lines in refused.errors.items():
            self.add_error(_FIELD_OF.get(name, name) if name in self.fields else None, lines)
