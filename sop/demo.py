# ruff: noqa: E501 - a line of a procedure is a line of its text
"""Procedures that a new desk begins with, written through the operations like any other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from puo_desk.kernel.actor import Actor
from sop.models import Article
from sop.operations.articles import ArticleText, create_article, publish_article, save_version
from tickets.models import Category


@dataclass(frozen=True, slots=True)
class _Sample:
    title: str
    summary: str
    body: str
    words_of_category: tuple[str, ...]
    is_public: bool = True
    is_published: bool = True
    earlier_body: str = ""
    change_note: str = ""


SAMPLES: tuple[_Sample, ...] = (
    _Sample(
        title="Review queue is empty but the dashboard is not",
        summary="A review queue shows no items for one person or a whole shift while the dashboard still counts waiting items.",
        words_of_category=("queue", "empty"),
        body="""\
## Use it when

- The queue says **No items** and the dashboard still counts items
- Reloading the console does not help

Not for one person alone: see *Permission lost after a role change*.

## What you can do yourself

1. Reload the console with `Ctrl+Shift+R`. Unsaved decisions are kept.
2. Open **Filters** and choose *Reset to shift default*: a leftover language filter is the most common cause.
3. Check that your shift has begun: before its first minute the queue stays empty.
""",
    ),
    _Sample(
        title="Permission lost after a role change",
        summary="An account cannot open a console, a queue or a tool any more since its role, team or site changed.",
        words_of_category=("account", "permission", "access"),
        body="""\
## Use it when

- Somebody could work yesterday and is told *You do not have access* today
- A role, a team or a site changed in the last two days

## What you can do yourself

1. Sign out of **all** consoles and sign in again. Roles are read at sign-in.
2. Wait 15 minutes after a change of role: groups are copied every quarter of an hour.
3. Note the exact name of the queue or tool that is missing.
""",
    ),
    _Sample(
        title="Single sign-on sends me round in circles",
        summary="The sign-in page comes back again and again (SSO loop), or ends with “session expired” right after the password.",
        words_of_category=("sign", "login", "sso"),
        body="""\
## What you can do yourself

1. Open a private window and sign in there. Does it work? Then remove the cookies of `sso` and of the console.
2. Set the clock of the computer to automatic. More than **two minutes** off ends in a loop.
3. Use one tab only: two tabs that sign in at once cancel each other.
""",
    ),
    _Sample(
        title="A policy label is missing in the console",
        summary="A label that the policy names cannot be chosen, is greyed out, or is missing in one language or market.",
        words_of_category=("label", "policy"),
        body="""\
## Use it when

- The policy page lists a label that the console does not offer
- The label is there in one market and missing in another

## What you can do yourself

1. Check the **effective date** on the policy page: labels appear at 00:00 UTC of that day.
2. Search by the code (`MS-14`), not by the name: names differ between languages.
3. Until it appears choose *Other, see note* and write the code into the note. Do not choose a similar label.
""",
    ),
    _Sample(
        title="Export shows times in the wrong time zone",
        summary="Times in a downloaded export (CSV) are some hours off, or a day is cut at the wrong hour.",
        words_of_category=("export", "report", "download"),
        body="""\
Exports are written in **UTC**, whatever the console shows. That is on purpose: one file is read at several sites.

## What you can do yourself

1. In the export dialog choose *Add local time*: a second column in the zone of your profile is added.
2. In a spreadsheet: `=A2 + TIME(2,0,0)` for a zone two hours ahead. Mind the days on which clocks change.
3. Check the zone of your profile: *Profile, Time zone*.
""",
    ),
    _Sample(
        title="Appeal console answers 502",
        summary="The appeal console shows 502 Bad Gateway or stays white while other consoles work.",
        words_of_category=("appeal",),
        body="""\
## What you can do yourself

1. Wait two minutes and reload once. During a rollout one request in a hundred fails.
2. Copy the **request number** from the foot of the error page into your request.
3. Decisions that were already sent are safe: look under *My decisions* before you decide again.
""",
    ),
    _Sample(
        title="Evidence viewer does not show the picture or video",
        summary="The evidence viewer stays grey, spins, or says that the media cannot be rendered.",
        words_of_category=("evidence", "viewer", "media"),
        is_public=False,
        body="""\
> Media of a review may be harmful. Never ask for a screenshot of it, never open it without a reason that is noted on the ticket.

## Find the cause

| what the viewer says | cause | go to |
|---|---|---|
| *Not available in your region* | the media is kept in another region | step 2 |
| *Expired* | older than the retention of its market | step 3 |
| grey, no words | the key of the media could not be fetched | step 4 |
| spins for more than a minute | format is still being converted | step 5 |

## Steps

1. Ask for the **media id**, the console and the minute. Nothing else.
2. Compare the region of the reviewer with that of the media. A reviewer of another region must pass the item on: *Reroute, Wrong region*.
3. Expired media does not come back. Close the item as *Evidence expired*.
4. Ask for the wellness setting *Always blur*: it needs the key twice. Switch it off and on again. Still grey: hand to Media Keys.
5. Look at the state of the conversion:

   ```
   mediactl status --id MEDIA_ID --fields state,attempts,last_error
   ```

   More than three attempts: start it again **once**, then hand to Media Pipeline.
""",
    ),
    _Sample(
        title="Bulk re-queue job is stuck",
        summary="A bulk re-queue of reviewed items stays at the same percentage, or ends with items that are nowhere.",
        words_of_category=("queue", "bulk", "job"),
        is_public=False,
        change_note="Ask for a dry run before starting again",
        earlier_body="""\
1. Look at the job: does its percentage move?
2. Cancel it and start it again.
3. Count the items before and after.
""",
        body="""\
**Never start a second job over the same items.** They would be reviewed twice.

1. Open the job and note its number, its owner and the last percentage.
2. Does `moved` grow within five minutes? Then it is slow, not stuck: 20,000 items take about an hour.
3. Does it stand still? Look at `blocked_by`. A job of another team holds the same items: wait for it, and say so.
4. Cancel. Cancelling is safe: what was moved stays moved.
5. Ask for a **dry run** of the rest. The number must be total minus moved.
6. The numbers agree: start the rest. They do not: hand to Review Platform with both numbers.
7. Tell the lead of the queue how many items come back, and when.
""",
    ),
    _Sample(
        title="Reviewer wellness break does not pause the queue",
        summary="The break button is pressed but items go on being assigned.",
        words_of_category=("queue", "console"),
        is_public=False,
        is_published=False,
        body="""\
Draft, collected from three tickets of this week. Missing: what to do on tablets.

1. Ask for the minute at which the break was pressed, and whether the console was open in two tabs.
2. An item that was assigned **before** the break stays assigned: release it with *Give back*.
3. Two tabs: the break counts for the tab in which it was pressed.
""",
    ),
    _Sample(
        title="Empty review queue, desk steps",
        summary="What an agent does when a queue shows no items and the dashboard still counts some.",
        words_of_category=("queue", "empty"),
        is_public=False,
        change_note="Step 3 checks the rule version too",
        earlier_body="""\
1. Ask who sees it: one person, the shift, or several sites.
2. Compare the queue with the dashboard for the same region.
3. Look at the routing of the queue group.
4. Tell the requester what is known and when you write again.
""",
        body="""\
1. Ask who sees it: one person, the shift, or several sites.
2. Compare the queue with the dashboard for the same region.
3. Look at the routing of the queue group, and at the version of its rule:

   | routable | pending | means |
   |---:|---:|---|
   | 0 | more than 0 | a rule leaves the region out |
   | more than 0 | more than 0 | the console does not refresh |
   | 0 | 0 | the dashboard is late: wait five minutes |

4. Is the rule newer than the complaint? Escalate to Routing on call with the table above.
5. Tell the requester what is known and when you write again.
6. Look once more, then ask the requester to confirm.

> Never ask people to sign out during a rollback: they lose their place in the rotation.
""",
    ),
    _Sample(
        title="Lost permission, desk steps",
        summary="What an agent does when an account lost a group with its role, team or site.",
        words_of_category=("account", "permission", "access"),
        is_public=False,
        body="""\
1. Compare the groups of the account with those of a colleague who can work.
2. Is the group missing at the source? Ask the site lead to approve it: **the desk never grants a role by itself**.
3. Is it there at the source and missing here? Start the copy for the one account.
4. Ask the requester to sign in again and to confirm the missing queue by name.

Escalate when more than three people of one team lost the same group within an hour.
""",
    ),
    _Sample(
        title="Sign-on loop, desk steps",
        summary="What an agent does when the sign-in page comes back again and again.",
        words_of_category=("sign", "login", "sso"),
        is_public=False,
        body="""\
1. Ask for the time of the last attempt, to the minute, and the site.
2. Look for the account at the identity provider. `clock skew`, `unknown audience` and `too many redirects` name the cause.
3. `unknown audience` for several people: a certificate was changed. Escalate to Identity at once.
4. For one person: end the sessions of the account, then ask to sign in again.

Do **not** ask for passwords or codes, and delete them when they are sent.
""",
    ),
    _Sample(
        title="Missing policy label, desk steps",
        summary="What an agent does when the console does not offer a label that the policy names.",
        words_of_category=("label", "policy"),
        is_public=False,
        body="""\
1. Compare the version of the label tree with the policy's version for the market.
2. Older tree: ask for a refresh of the market's configuration, it takes ten minutes.
3. Same version, label missing: hand to Policy Tools with market, language, code and a screenshot.
4. When it is back list the reviews that were noted with the code, so that they can be labelled again.
""",
    ),
    _Sample(
        title="Export in the wrong zone, desk steps",
        summary="What an agent does when times in an export are some hours off.",
        words_of_category=("export", "report", "download"),
        is_public=False,
        body="""\
1. Ask for the first data line of the file and the time that the console shows for the same item.
2. The difference is the zone of the profile: explain, done.
3. The difference is anything else: hand to Data Exports with both lines. Name the export's id, never send the file.
""",
    ),
    _Sample(
        title="Appeal console 502, desk steps",
        summary="What an agent does when the appeal console cannot be reached.",
        words_of_category=("appeal",),
        is_public=False,
        body="""\
1. Open the status page of Appeals: is an incident known? Link the ticket to it and tell the requester.
2. Ask for request number, site and minute.
3. `502` with a request number: the backend was not reached. More than five in ten minutes is a **P2**.
4. `502` without one: it is the site's proxy. Ask for the result of another network.
5. Hand to Appeals on call with the request numbers. Write to the requester every 30 minutes.
""",
    ),
)


def seed_articles(actor: Actor, now: datetime) -> list[Article]:
    """Write the procedures of the demo desk, in the categories whose names fit. Nothing is written twice.

    ``actor`` may publish. Emits: as the operations.
    """
    if Article.objects.exists():
        return list(Article.objects.order_by("id"))
    categories = list(Category.objects.filter(is_active=True))
    begun = now - timedelta(days=60)
    return [_seed(sample, actor, begun + timedelta(days=3 * place), categories) for place, sample in enumerate(SAMPLES)]


def _seed(sample: _Sample, actor: Actor, at: datetime, categories: list[Category]) -> Article:
    category = _fitting(sample.words_of_category, categories)
    text = ArticleText(
        title=sample.title,
        body=sample.body,
        summary=sample.summary,
        category_id=category.pk if category else None,
        owner_id=actor.user_id,
        is_public=sample.is_public,
    )
    article = create_article(replace(text, body=sample.earlier_body or sample.body), actor=actor, now=at)
    if not sample.is_published:
        return article
    article = publish_article(article_id=article.pk, actor=actor, now=at + timedelta(hours=2))
    if sample.earlier_body:
        later = at + timedelta(days=20)
        save_version(article_id=article.pk, text=text, actor=actor, now=later, change_note=sample.change_note)
        article = publish_article(article_id=article.pk, actor=actor, now=later + timedelta(hours=1))
    return article


def _fitting(words: tuple[str, ...], categories: list[Category]) -> Category | None:
    """The category whose name and keywords hold most of the words; the deeper one of equals."""

    def score(category: Category) -> tuple[int, bool]:
        named = f"{category.name} {category.keywords}".lower()
        return sum(word in named for word in words), category.parent_id is not None

    best = max(categories, key=score, default=None)
    return best if best is not None and score(best)[0] else None
