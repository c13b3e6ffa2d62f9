"""Who works at the demo desk, who asks it for help, and how its requests are sorted."""

from __future__ import annotations

from dataclasses import dataclass

from puo_desk.accounts.vocabulary import Role
from tickets.vocabulary import FieldKind, Impact, Urgency

PASSWORD = "demo"  # noqa: S105  shown on the sign-in page of a demo desk

REVIEW, POLICY, IDENTITY, PARTNERS, ENGINEERING = (
    "Review Platforms",
    "Policy and Appeals",
    "Identity and Access",
    "Partners and Data",
    "Platform Engineering",
)

TEAMS: dict[str, str] = {
    REVIEW: "Review consoles, evidence viewer, live operations",
    POLICY: "Policy labels, warning texts, appeals",
    IDENTITY: "Sign-in, permissions, accounts of new joiners",
    PARTNERS: "Partner API, webhooks, exports and quality reports",
    ENGINEERING: "Takes what the desk cannot solve by itself",
}


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works at the desk. ``shift`` is the hour (UTC) at which the person's eight hours begin."""

    username: str
    name: str
    role: Role
    title: str
    time_zone: str
    teams: tuple[str, ...]
    shift: int = 6
    leads: tuple[str, ...] = ()


COLLEAGUES: tuple[Colleague, ...] = (
    Colleague("agent", "Jonas Weber", Role.AGENT, "User operations agent", "Europe/Berlin", (REVIEW,), 6),
    Colleague("lead", "Ingrid Sørensen", Role.LEAD, "Shift lead", "Europe/Oslo", (REVIEW,), 6, (REVIEW,)),
    Colleague("engineer", "Tariq Haddad", Role.ENGINEER, "Platform engineer", "Europe/Berlin", (ENGINEERING,), 6),
    Colleague("admin", "Noor de Vries", Role.ADMIN, "Desk administrator", "Europe/Amsterdam", (), 6),
    Colleague("sena.kaya", "Sena Kaya", Role.AGENT, "User operations agent", "Europe/Istanbul", (REVIEW,), 14),
    Colleague("marcus.obi", "Marcus Obi", Role.AGENT, "Senior agent", "America/Toronto", (REVIEW, POLICY), 22),
    Colleague("mei.lin", "Mei Lin", Role.LEAD, "Shift lead", "Asia/Singapore", (POLICY,), 22, (POLICY, PARTNERS)),
    Colleague("adele.dumont", "Adèle Dumont", Role.AGENT, "User operations agent", "Europe/Paris", (POLICY,), 6),
    Colleague("ravi.nair", "Ravi Nair", Role.AGENT, "User operations agent", "Asia/Kolkata", (POLICY, PARTNERS), 14),
    Colleague("olu.adeyemi", "Olu Adeyemi", Role.LEAD, "Access lead", "Africa/Lagos", (IDENTITY,), 6, (IDENTITY,)),
    Colleague("kim.sohee", "Kim So-hee", Role.AGENT, "Access specialist", "Asia/Seoul", (IDENTITY,), 22),
    Colleague("diego.rojas", "Diego Rojas", Role.AGENT, "Access specialist", "America/Bogota", (IDENTITY,), 14),
    Colleague("hanna.lindt", "Hanna Lindt", Role.AGENT, "Partner support", "Europe/Zurich", (PARTNERS,), 6),
    Colleague("tom.akana", "Tom Akana", Role.AGENT, "Partner support", "Pacific/Honolulu", (PARTNERS,), 22),
    Colleague("lucia.ferro", "Lucia Ferro", Role.ENGINEER, "Routing engineer", "Europe/Rome", (ENGINEERING,), 14),
)

# user name, name, job title, time zone
REQUESTERS: tuple[tuple[str, str, str, str], ...] = (
    ("requester", "Amara Okafor", "Review team lead, Dublin", "Europe/Dublin"),
    ("niamh.kelleher", "Niamh Kelleher", "Appeals team lead", "Europe/Dublin"),
    ("tomas.herrera", "Tomás Herrera", "Senior reviewer", "America/Mexico_City"),
    ("luiza.prado", "Luiza Prado", "Policy specialist, Brazil", "America/Sao_Paulo"),
    ("caio.menezes", "Caio Menezes", "Reviewer", "America/Sao_Paulo"),
    ("ritika.sharma", "Ritika Sharma", "Quality analyst", "Asia/Kolkata"),
    ("hyejin.park", "Hye-jin Park", "Reviewer, Korean", "Asia/Seoul"),
    ("dario.conti", "Dario Conti", "Audio review lead", "Europe/Rome"),
    ("mehmet.aydin", "Mehmet Aydın", "Reviewer, Turkish", "Europe/Istanbul"),
    ("grace.wanjiru", "Grace Wanjiru", "Quality lead, Nairobi", "Africa/Nairobi"),
    ("chloe.martin", "Chloé Martin", "Reviewer, French", "Europe/Paris"),
    ("jana.vogel", "Jana Vogel", "Policy editor, German", "Europe/Berlin"),
    ("sione.tau", "Sione Tau", "Live operations", "Pacific/Auckland"),
    ("elif.demir", "Elif Demir", "Legal response", "Europe/Istanbul"),
    ("paolo.reyes", "Paolo Reyes", "Reviewer, Tagalog", "Asia/Manila"),
    ("ana.souza", "Ana Souza", "Onboarding coordinator", "America/Sao_Paulo"),
    ("fatima.zahra", "Fatima Zahra", "Reviewer, Arabic", "Africa/Casablanca"),
    ("owen.price", "Owen Price", "Appeals reviewer", "Europe/London"),
    ("yuki.mori", "Yuki Mori", "Live operations, night", "Asia/Tokyo"),
    ("sofia.lund", "Sofia Lund", "Child safety escalations", "Europe/Stockholm"),
    ("bilal.khan", "Bilal Khan", "Vendor manager", "Asia/Karachi"),
    ("rachel.adler", "Rachel Adler", "Trust and safety counsel", "America/New_York"),
    ("peter.novak", "Peter Novák", "Vendor site lead, Brno", "Europe/Prague"),
    ("minh.tran", "Minh Tran", "Reviewer, Vietnamese", "Asia/Ho_Chi_Minh"),
    ("leila.haidari", "Leila Haidari", "Policy specialist", "America/Los_Angeles"),
    ("george.tabone", "George Tabone", "Integrations, Northlight Media", "Europe/Malta"),
)
ROBOTS: tuple[tuple[str, str], ...] = (
    ("trust-ops-robot", "Trust Ops robot"),
    ("partner-bridge", "Partner bridge"),
)

MARKETS = ("BR", "DE", "FR", "IN", "JP", "KR", "MX", "TR", "US", "VN")


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a category's form. ``answer`` is what the demo's requesters say, with a story's words."""

    key: str
    label: str
    kind: FieldKind
    is_required: bool = False
    options: tuple[str, ...] = ()
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """A category, below the one of ``parent``."""

    slug: str
    name: str
    parent: str
    description: str
    keywords: str
    questions: tuple[Question, ...] = ()
    impact: Impact = Impact.MEDIUM
    urgency: Urgency = Urgency.MEDIUM
    is_sensitive: bool = False


# short name: name, team, description
PLATFORMS: dict[str, tuple[str, str, str]] = {
    "review-console": ("Review Console", REVIEW, "Queues, decisions, shortcuts, bulk jobs"),
    "policy-studio": ("Policy Studio", POLICY, "Labels, warning texts, translations"),
    "appeal-console": ("Appeal Console", POLICY, "Appeals of users and their answers"),
    "people-admin": ("People Admin", IDENTITY, "Sign-in, permissions, accounts"),
    "evidence-viewer": ("Evidence Viewer", REVIEW, "Pictures, videos and files of a review"),
    "qa-reports": ("QA Reports", PARTNERS, "Exports, sampling, quality scores"),
    "live-ops": ("Live Ops", REVIEW, "Live streams and urgent takedowns"),
    "partner-api": ("Partner API", PARTNERS, "REST, webhooks and keys of partners"),
}

_MARKET = Question("market", "Market", FieldKind.CHOICE, True, MARKETS, "{market}")
_SINCE = Question("since", "Since when", FieldKind.DATE, answer="{today}")

TOPICS: tuple[Topic, ...] = (
    Topic(
        "queue-empty-or-stuck", "Queue empty or stuck", "review-console", "No items, wrong items, items that stay",
        "queue, empty, stuck, items, backlog, routing, no work, console",
        (
            Question("queue", "Which queue", FieldKind.TEXT, True, answer="{queue}"),
            _MARKET,
            Question("who_sees_it", "Who sees it", FieldKind.CHOICE, False, ("Only me", "My shift", "Several sites"),
                     "My shift"),
            _SINCE,
        ),
        Impact.MEDIUM, Urgency.HIGH,
    ),
    Topic(
        "console-fault", "Console slow or broken", "review-console", "Pages that do not load, buttons that do nothing",
        "console, slow, button, page, error, crash, shortcut, keyboard, browser, white",
        (
            Question("page", "Address of the page", FieldKind.URL, answer="https://review.example.com/{market}/items"),
            Question("browsers", "Tried with", FieldKind.MULTI_CHOICE, False, ("Chrome", "Firefox", "Safari", "Edge"),
                     "Chrome"),
            Question("screenshot", "Screenshot, without the item itself", FieldKind.FILE),
        ),
    ),
    Topic(
        "bulk-jobs", "Bulk jobs", "review-console", "Re-queue, relabel and close in bulk",
        "bulk, job, batch, re-queue, requeue, relabel, percent",
        (Question("job", "Number of the job", FieldKind.TEXT, True, answer="{batch}"), _SINCE),
    ),
    Topic(
        "label-missing", "Policy label missing", "policy-studio", "A label is missing, grey or in the wrong place",
        "label, missing, policy, market, grey, tree, code",
        (_MARKET, Question("label", "Name or code of the label", FieldKind.TEXT, True, answer="{label}")),
    ),
    Topic(
        "texts-and-translations", "Warning texts and translations", "policy-studio", "Typing errors, missing languages",
        "typo, translation, template, warning, language, wording, text",
        (Question("languages", "Languages", FieldKind.MULTI_CHOICE, False, ("de", "es", "fr", "hi", "pt", "tl", "tr"),
                  "de"),),
        Impact.LOW, Urgency.MEDIUM,
    ),
    Topic(
        "appeal-tool", "Appeal tool fails", "appeal-console", "The console does not answer or loses a decision",
        "appeal, 502, console, gateway, decision, reviewer, error",
        (
            Question("request_number", "Request number at the foot of the error page", FieldKind.TEXT, answer="{code}"),
            _SINCE,
        ),
        Impact.MEDIUM, Urgency.HIGH,
    ),
    Topic(
        "appeal-outcome", "Appeal outcome wrong", "appeal-console", "Decision, letter or deadline of one appeal",
        "appeal, outcome, letter, overturned, deadline, notice",
        (Question("appeal", "Number of the appeal", FieldKind.TEXT, True, answer="A-{number}"),),
    ),
    Topic(
        "sign-in", "Sign-in (SSO)", "people-admin", "Loops, codes that never come, locked accounts",
        "sign in, login, sso, loop, locked, code, two-step, password, session",
        (Question("last_try", "Day of the last attempt", FieldKind.DATE, answer="{today}"),),
        Impact.LOW, Urgency.HIGH,
    ),
    Topic(
        "permissions", "Permissions and roles", "people-admin", "Something that could be opened yesterday",
        "permission, access, role, account, group, rights, lost, denied",
        (
            Question("needed", "What is needed", FieldKind.TEXT, True, answer="{queue}"),
            Question("approver", "Who approves", FieldKind.TEXT, answer="{lead}"),
        ),
        Impact.LOW, Urgency.MEDIUM,
    ),
    Topic(
        "new-joiners", "New joiners and leavers", "people-admin", "Accounts for people who begin or leave",
        "new joiner, onboarding, account, start, leaver, vendor, training",
        (
            Question("starts_on", "First day", FieldKind.DATE, True, answer="{next_week}"),
            Question("people", "List of people", FieldKind.FILE),
        ),
        Impact.MEDIUM, Urgency.LOW,
    ),
    Topic(
        "media-not-shown", "Media not shown", "evidence-viewer", "Grey, spinning or refused pictures and videos",
        "evidence, viewer, media, video, picture, render, grey, blur, preview",
        (Question("media", "Media id (never the media itself)", FieldKind.TEXT, True, answer="{media}"),),
        Impact.MEDIUM, Urgency.MEDIUM, True,
    ),
    Topic(
        "case-files", "Case files and retention", "evidence-viewer", "Archived, held or expired files",
        "archive, retention, expired, legal hold, files, restore, preserve",
        (Question("hold", "Needed until", FieldKind.DATE, answer="{next_week}"),),
        Impact.MEDIUM, Urgency.LOW, True,
    ),
    Topic(
        "exports", "Exports and downloads", "qa-reports", "Wrong, empty or late files",
        "export, download, csv, report, time zone, columns, empty file",
        (
            Question("export", "Link to the export", FieldKind.URL, answer="https://reports.example.com/e/{number}"),
            Question("sample", "First lines of the file", FieldKind.FILE),
        ),
        Impact.LOW, Urgency.MEDIUM,
    ),
    Topic(
        "sampling", "Sampling and scores", "qa-reports", "Double review, accuracy, calibration",
        "sampling, score, accuracy, double review, calibration, quality",
        (_MARKET,),
    ),
    Topic(
        "live-takedown", "Live takedown tool", "live-ops", "Streams that cannot be stopped or found",
        "live, stream, takedown, stop, confirm, live ops, delay",
        (Question("stream", "Number of the stream", FieldKind.TEXT, True, answer="LS-{number}"), _SINCE),
        Impact.HIGH, Urgency.HIGH,
    ),
    Topic(
        "api-errors", "API errors", "partner-api", "Refused, slow or unexpected answers",
        "api, 401, 429, 500, key, token, endpoint, rate limit, schema",
        (
            Question("endpoint", "Address called", FieldKind.URL, True, answer="https://api.example.com/v2/{path}"),
            Question("log", "Log of one call", FieldKind.FILE),
        ),
    ),
    Topic(
        "webhooks", "Webhooks", "partner-api", "Late, doubled or missing calls",
        "webhook, retry, twice, missing, delivery, signature",
        (_SINCE,),
        Impact.LOW, Urgency.MEDIUM,
    ),
)  # fmt: skip
