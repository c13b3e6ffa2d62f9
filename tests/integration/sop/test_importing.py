"""Importing folders of Markdown: a small hostile one, and the hundred real ones where they are at hand."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotPermitted
from sop.models import Article, ArticleVersion
from sop.operations.articles import ArticleText, archive_article, save_version
from sop.operations.importing import import_articles
from tests.support.people import NOON

IMPORT = Actor.system("import", source="import")
RUNBOOKS = Path(os.environ.get("PUO_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data")) / "runbooks"
"""Where sample data lies beside the checkout, or where the environment says."""
FILES = {
    "a.md": b"---\ntitle: First\n---\nSee [second](sub/b.md) and [none](c.md).\n",
    "sub/b.md": b"# Second\r\n\r\nBack to [first](../a.md#top).\r\n",
    "bad.md": b"\xff\xfe",
    "empty.md": b"# Only a title\n",
}


def run(files: dict[str, bytes] = FILES, *, publish: bool = False, source: str = "manual"):
    return import_articles(sorted(files.items()), source=source, actor=IMPORT, now=NOON, publish=publish)


@pytest.mark.django_db
def test_files_become_procedures_that_link_to_one_another() -> None:
    summary = run()
    assert (summary.read, summary.created, summary.changed, summary.skipped) == (4, 2, 0, 0)
    assert [(told.path, told.words) for told in summary.refused] == [
        ("bad.md", "is not UTF-8 (byte 0)"),
        ("empty.md", "has no text"),
    ]
    assert [(told.path, told.words) for told in summary.notes] == [("a.md", "link leads nowhere here: c.md")]
    first, second = Article.objects.get(title="First"), Article.objects.get(title="Second")
    assert (first.state, first.is_public, first.source_path) == ("draft", False, "a.md")
    body = ArticleVersion.objects.get(article=first).body
    assert body == f"See [second](/sop/{second.number}/) and none (`c.md`)."
    assert f'href="/sop/{first.number}/"' in ArticleVersion.objects.get(article=second).body_html


@pytest.mark.django_db
def test_importing_again_writes_only_what_changed_and_keeps_edits() -> None:
    run(publish=True)
    first = Article.objects.get(title="First")
    save_version(article_id=first.pk, text=ArticleText("First", "Edited here."), actor=IMPORT, now=NOON)
    again = run()
    assert (again.created, again.changed, again.skipped) == (0, 0, 2)
    assert ArticleVersion.objects.filter(article=first).count() == 2
    changed = run({**FILES, "sub/b.md": b"# Second\n\nNew text.\n"}, publish=True)
    assert (changed.created, changed.changed, changed.skipped) == (0, 1, 1)
    second = Article.objects.get(title="Second")
    assert ArticleVersion.objects.get(pk=second.published_version_id).body == "New text."
    assert run(source="another").created == 2


@pytest.mark.django_db
def test_a_new_file_mends_the_links_of_the_others() -> None:
    run()
    summary = run({**FILES, "c.md": b"# Third\n\nText.\n"})
    assert (summary.created, summary.changed, summary.skipped) == (1, 1, 1)
    assert "](/sop/" in ArticleVersion.objects.get(article__title="First", number=2).body


@pytest.mark.django_db
def test_an_archived_procedure_is_not_brought_back() -> None:
    run()
    archived = Article.objects.get(title="First")
    archive_article(article_id=archived.pk, actor=IMPORT, now=NOON)
    summary = run({**FILES, "a.md": b"# First\n\nNew.\n"}, publish=True)
    assert summary.refused[-1].words == "This procedure is archived. Restore it first."
    archived.refresh_from_db()
    assert archived.state == "archived"


@pytest.mark.django_db
def test_only_an_admin_imports(lead: Actor) -> None:
    with pytest.raises(NotPermitted):
        import_articles(FILES.items(), source="manual", actor=lead, now=NOON)
    assert not Article.objects.exists()


@pytest.mark.django_db
def test_the_command_tells_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "manual"
    for name, raw in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    refused, report = tmp_path / "refused.csv", tmp_path / "report.csv"
    call_command("import_articles", str(folder), refused=refused, report=report, publish=True)
    told = capsys.readouterr()
    assert told.out == "4 read: 2 written (2 new, 0 changed), 0 skipped, 2 refused; 2 published.\n"
    assert "refused  bad.md: is not UTF-8 (byte 0)" in told.err
    assert list(csv.reader(refused.open()))[1:] == [["bad.md", "is not UTF-8 (byte 0)"], ["empty.md", "has no text"]]
    assert list(csv.reader(report.open()))[1:] == [["a.md", "link leads nowhere here: c.md"]]
    assert Article.objects.filter(source_name="manual").count() == 2
    with pytest.raises(CommandError):
        call_command("import_articles", str(tmp_path / "nowhere"))


@pytest.mark.django_db
@pytest.mark.skipif(not RUNBOOKS.is_dir(), reason="the runbooks are not at hand")
def test_the_hundred_real_runbooks_come_whole() -> None:
    files = {path.relative_to(RUNBOOKS).as_posix(): path.read_bytes() for path in sorted(RUNBOOKS.rglob("*.md"))}
    summary = run(files, publish=True, source="runbooks")
    assert (summary.read, summary.created, summary.published, summary.refused) == (100, 100, 100, [])
    again = run(files, source="runbooks")
    assert (again.created, again.changed, again.skipped) == (0, 0, 100)
    for version in ArticleVersion.objects.all():
        for tag in ("<script", "<iframe", "<img", "<details", "<style", " onclick", 'href="javascript', 'href="../'):
            assert tag not in version.body_html, version
    clock = ArticleVersion.objects.get(title="Node Clock Not Synchronising")
    assert 'href="/sop/SOP-' in clock.body_html or "NodeClockSkewDetected" in clock.body
    told = {told.path: told.words for told in summary.notes}
    assert "never closed" in told["prometheus-operator/prometheus-operator/PrometheusOperatorNodeLookupErrors.md"]
