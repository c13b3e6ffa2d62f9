"""The desk's own Python modules and templates, as text and as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from puo_desk.stack.place import CHECKOUT

PACKAGES = ("puo_desk", "tickets", "escalations", "sop", "reports")


@dataclass(frozen=True)
class Module:
    """One module; ``name`` as it is imported."""

    path: Path
    tree: ast.Module

    @property
    def where(self) -> str:
        return str(self.path.relative_to(CHECKOUT))

    @property
    def name(self) -> str:
        return self.where.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def imports(self) -> Iterator[str]:
        """Everything that the module imports, at its head or inside a function, with the names from it."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def calls(self) -> Iterator[tuple[str, int]]:
        """Every call by the dotted name that is written, with its line: ``timezone.now``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node.lineno


@lru_cache(maxsize=1)
def all_modules() -> list[Module]:
    """The product's modules without its migrations, which are history."""
    found = []
    for package in PACKAGES:
        for path in sorted((CHECKOUT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                found.append(Module(path, ast.parse(path.read_text(), str(path))))
    return found


def all_templates() -> list[Path]:
    return sorted(path for path in (CHECKOUT / "templates").rglob("*") if path.suffix in {".html", ".txt"})
