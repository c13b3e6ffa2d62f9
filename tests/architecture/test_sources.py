"""The rooms of the house keep to their doors: pure rules, names, the clock, marked markup, hidden imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from puo_desk.stack.place import CHECKOUT
from tests.support.sources import PACKAGES, Module, all_modules

IMPURE = ("django.db", "django.conf", "django.utils.timezone", "celery", "redis", "rest_framework", "time", "requests")
CLOCKS = {
    "timezone.now",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
}
CLOCK_ROOMS = {"admin", "web", "api", "channels", "management", "tasks", "stack", "demo", "http", "live"}
CLOCK_MODULES = {
    # The edges of the roof and the cellar that are no packages of their own.
    "puo_desk.home",
    "puo_desk.kernel.health",
    "puo_desk.kernel.metrics",
    # Times are shown in the reader's zone relative to the moment of rendering.
    "puo_desk.kernel.pages.clock",
    "puo_desk.kernel.pages.rail",
    "puo_desk.kernel.pages.style_page",
    "puo_desk.kernel.templatetags.desk",
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "data", "info"}
DECLARES_MARKUP = "puo_desk.kernel.pages.markup"
LAYERS = ["puo_desk.kernel", "puo_desk.accounts", "puo_desk.notifications", "tickets", "sop", "escalations", "reports"]
LABELS = {"kernel": 0, "accounts": 1, "notifications": 2, "tickets": 3, "sop": 4, "escalations": 4, "reports": 5}
MODULES = all_modules()


def rooms(module: Module) -> set[str]:
    return set(module.name.split("."))


def reads_of_the_clock(module: Module) -> list[str]:
    return [
        f"{module.where}:{line} {call}()" for call, line in module.calls() if ".".join(call.split(".")[-2:]) in CLOCKS
    ]


RULES = [module for module in MODULES if "rules" in rooms(module)]


def test_there_are_rules_to_look_at() -> None:
    assert {module.name.split(".")[0] for module in RULES} >= {"tickets", "escalations", "sop", "reports"}


@pytest.mark.parametrize("module", RULES, ids=lambda module: module.name)
def test_rules_know_no_database_no_settings_and_no_clock(module: Module) -> None:
    impure = [name for name in module.imports() if any(name == root or name.startswith(f"{root}.") for root in IMPURE)]
    assert impure == []
    assert reads_of_the_clock(module) == []
    assert not [call for call, _line in module.calls() if call in {"open", "print", "input"}]


def test_only_edges_read_the_clock() -> None:
    inner = [m for m in MODULES if not rooms(m) & CLOCK_ROOMS and m.name not in CLOCK_MODULES]
    found = [place for module in inner for place in reads_of_the_clock(module)]
    assert found == [], "operations, queries and rules take `now` as an argument"


def test_no_module_has_a_name_that_says_nothing() -> None:
    wrong = [module.where for module in MODULES if rooms(module) & FORBIDDEN_NAMES]
    assert wrong == []


def test_one_module_declares_texts_to_be_markup() -> None:
    marks = {"mark_safe", "SafeString", "SafeText", "html_safe"}
    found = {module.name for module in MODULES for call, _line in module.calls() if call.split(".")[-1] in marks}
    assert found == {DECLARES_MARKUP}
    passed_on = [
        module.name
        for module in MODULES
        if module.name != DECLARES_MARKUP
        for name in module.imports()
        if name in {"django.utils.safestring.mark_safe", "django.utils.html.html_safe"}
    ]
    assert passed_on == [], "whoever holds it may call it under another name"
    own_ways = [
        f"{module.where}:{node.lineno}"
        for module in MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef) and node.name == "__html__"
    ]
    assert own_ways == []


def test_patterns_of_markup_stand_in_the_code() -> None:
    """A pattern made at run time could hold what somebody wrote, and is not escaped."""
    wrong = []
    for module in MODULES:
        if module.name == DECLARES_MARKUP:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"fill", "format_html"}:
                pattern = node.args[0]
                is_written = isinstance(pattern, ast.Constant)
                is_named = isinstance(pattern, ast.Name) and pattern.id.isupper()
                if not (is_written or is_named):
                    wrong.append(f"{module.where}:{node.lineno}")
    assert wrong == []


def test_no_template_switches_escaping_off() -> None:
    off = re.compile(r"\|\s*safe\b|autoescape\s+off|\|\s*safeseq\b")
    wrong = [
        str(path.relative_to(CHECKOUT))
        for path in (CHECKOUT / "templates").rglob("*.*")
        # A mail in plain text is no markup.
        if off.search(path.read_text()) and path.suffix == ".html"
    ]
    assert wrong == []


def test_nothing_below_fetches_a_model_from_above() -> None:
    wrong = []
    for module in MODULES:
        own = next((place for place, layer in enumerate(LAYERS) if f"{module.name}.".startswith(f"{layer}.")), None)
        if own is None:
            continue
        for node in ast.walk(module.tree):
            if not (
                isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"get_model", "import_module"}
            ):
                continue
            named = next((a.value for a in node.args[:1] if isinstance(a, ast.Constant)), "")
            label = str(named).split(".")[0]
            if LABELS.get(label, -1) > LABELS[LAYERS[own].split(".")[-1]]:
                wrong.append(f"{module.where}:{node.lineno} {named}")
    assert wrong == []


def test_models_neither_save_cleverly_nor_send_signals() -> None:
    wrong = []
    for module in MODULES:
        if not rooms(module) & {"models"}:
            continue
        wrong += [name for name in module.imports() if name.startswith("django.db.models.signals")]
        wrong += [
            f"{module.where}:{node.lineno} {node.name}"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"}
        ]
    assert wrong == []


def test_operations_take_actor_and_now_by_name() -> None:
    """The public functions of ``operations/`` that write say who and when, and leave nothing to position."""
    wrong = []
    for module in MODULES:
        if "operations" not in rooms(module):
            continue
        for node in module.tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                named = {argument.arg for argument in node.args.kwonlyargs}
                placed = {argument.arg for argument in node.args.args}
                if "actor" in placed & {"actor"} and "now" in named | placed and "change" not in placed:
                    wrong.append(f"{module.where}:{node.lineno} {node.name}: actor by position")
    assert wrong == []


def test_the_import_contracts_are_kept() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    finished = subprocess.run([tool, "--no-cache"], cwd=CHECKOUT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout
    assert "0 broken" in finished.stdout
    assert all(f"{package}" in (CHECKOUT / "pyproject.toml").read_text() for package in PACKAGES)
