"""Every address of the desk, as the URL resolver knows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from puo_desk.accounts.web.access import Declaration, declared_permission

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_API_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Route:
    """One address; ``path`` as written in the ``urls.py`` files, ``parameters`` in their order."""

    path: str
    callback: Callable[..., Any]

    @property
    def parameters(self) -> list[str]:
        return _PARAMETER.findall(self.path)

    @property
    def declared(self) -> Declaration | None:
        return declared_permission(self.callback)

    @property
    def api_methods(self) -> list[str]:
        """What an API view serves; empty for pages."""
        view = getattr(self.callback, "cls", None)
        if view is None:
            return []
        served = [method for method in _API_METHODS if hasattr(view, method)]
        return [method.upper() for method in served if method in view.http_method_names]

    @property
    def is_ours(self) -> bool:
        """Whether the view is the desk's own, not that of a library which guards its pages itself."""
        return not self.path.startswith(("admin/", "account/"))

    def filled(self, values: Mapping[str, Any]) -> str:
        """The address with these values in place of its parameters."""
        return "/" + _PARAMETER.sub(lambda found: str(values[found[1]]), self.path)


def all_routes() -> list[Route]:
    return list(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, before: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Route(path, entry.callback)
        else:
            yield from _walk(entry, path)
