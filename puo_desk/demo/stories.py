# ruff: noqa: E501  (a sentence ends where it ends)
"""What people ask the demo desk, and how it helps them.

A line of ``talk`` begins with who speaks and what it does to the ticket:
``A`` an agent answers, ``Q`` an agent asks and waits for the requester, ``R`` the requester answers, ``N`` an
internal note, ``T`` an agent answers and waits for a third party, ``E`` a note that hands over to engineering,
``F`` a note of an engineer who gives it back, ``S`` an agent answers and resolves.
Words in braces are those of ``WORDS``, drawn once for each ticket.
"""

from __future__ import annotations

from dataclasses import dataclass

from tickets.vocabulary import Impact, Urgency

WORDS: dict[str, tuple[str, ...]] = {
    "queue": (
        "Minor safety, video", "Hate speech, text", "Spam, comments", "Regulated goods, images", "Profile photos",
        "Self-harm, escalations", "Ads, first review", "Live chat, reports", "Audio clips, music",
    ),
    "site": ("Dublin", "Brno", "Manila", "Nairobi", "São Paulo", "Hyderabad", "Mexico City", "Kuala Lumpur"),
    "region": ("EU", "LATAM", "APAC", "MEA", "North America"),
    "label": (
        "RG-07 Regulated goods, vape", "MS-14 Minor in unsafe setting", "HS-03 Coded slur", "SC-11 Fake giveaway",
        "SH-02 Recovery story", "AD-19 Undisclosed ad", "VI-05 Animal cruelty",
    ),
    "language": ("Portuguese", "German", "Tagalog", "Turkish", "Hindi", "Korean", "Arabic", "Vietnamese"),
    "batch": ("88 140", "88 207", "87 951", "88 302", "88 019", "87 866"),
    "percent": ("62", "41", "99", "17", "84"),
    "count": ("312", "118", "46", "1 240", "27", "530"),
    "lead": ("Amara Okafor", "Bilal Khan", "Grace Wanjiru", "Peter Novák", "Niamh Kelleher"),
    "partner": ("Northlight Media", "Harbour Games", "Veloce Radio", "Kitebird", "Sundial Press"),
    "code": ("7f3c-91ad", "b2e0-44c7", "19d4-a0f2", "c8aa-0b36", "5e71-d9e8"),
    "media": ("m-5512-08", "m-7731-42", "m-6090-17", "m-8124-63"),
    "path": ("reports", "appeals", "decisions", "takedowns"),
}  # fmt: skip
"""``market``, ``number``, ``time``, ``today`` and ``next_week`` are added to these."""


@dataclass(frozen=True, slots=True)
class Story:
    """One kind of trouble. ``weight`` says how often it comes; ``sop`` begins the title of a procedure that helps."""

    topic: str
    subjects: tuple[str, ...]
    says: tuple[str, ...]
    talk: tuple[str, ...]
    impact: Impact
    urgency: Urgency
    weight: int
    sop: str
    tags: tuple[str, ...]
    attachment: str
    by_robot: bool


HIGH, MEDIUM, LOW = 1, 2, 3


def _story(
    topic: str, impact: int, urgency: int, subjects: tuple[str, ...], says: tuple[str, ...], talk: tuple[str, ...],
    *, weight: int = 5, sop: str = "", tags: tuple[str, ...] = (), attachment: str = "", by_robot: bool = False,
) -> Story:  # fmt: skip
    return Story(topic, subjects, says, talk, Impact(impact), Urgency(urgency), weight, sop, tags, attachment, by_robot)


STORIES: tuple[Story, ...] = (
    # Review Console: queues
    _story("queue-empty-or-stuck", MEDIUM, HIGH,
        ("{queue} queue shows 0 items, dashboard says {count}", "No items in “{queue}” for the {site} shift",
         "{site}: queue “{queue}” empty since {time}"),
        ("All of us in {site} see an empty queue since about {time}. The dashboard still counts {count} waiting items "
         "for {market}. Reloading does not help.",
         "My shift has no work. “{queue}” says *No items* but the wallboard shows {count}. We are {count} behind by the "
         "hour, please look."),
        ("Q> Thank you, looking now. Is it the whole shift in {site}, or do some people still get items? And does "
         "*Filters, Reset to shift default* change anything?",
         "R> The whole shift. Reset does nothing, I tried it on two desks.",
         "N> routable 0, pending {count}: the new routing rule leaves {market} out. Rule was changed at {time}.",
         "A> We found it: a routing rule that changed at {time} leaves {market} out. Routing is putting the old rule "
         "back. Please stay signed in, signing out loses your place in the rotation.",
         "S> The rule is back and I see items going to your shift. Could you confirm that everybody in {site} has work "
         "again?"),
        weight=10, sop="Review queue is empty", tags=("routing",)),
    _story("queue-empty-or-stuck", MEDIUM, MEDIUM,
        ("Same item comes back to me after each decision", "Decided items return to “{queue}”"),
        ("Since this morning I get the same three items again and again. I decide, it says saved, and five minutes later "
         "they are back.",
         "Items that my colleague and I decided in “{queue}” come back as new. Are our decisions lost?"),
        ("A> Your decisions are not lost, they are all in the log. I am checking why the items are routed again.",
         "N> Lease of the item ends after 4 minutes for this queue, decision is written after the lease. Known from "
         "last month in Spam.",
         "S> The time for one item in “{queue}” was set to 4 minutes by mistake, so slow decisions arrived too late. It "
         "is back at 15 minutes. Nothing has to be decided twice."),
        weight=6, tags=("routing",)),
    _story("queue-empty-or-stuck", LOW, MEDIUM,
        ("{language} items in my English queue", "Wrong language in “{queue}”"),
        ("About one in ten items in “{queue}” is in {language}. I do not speak {language} and I skip them, which ruins my "
         "numbers.",),
        ("A> Sorry for that. Skips with the reason *Wrong language* do not count against you, please use it meanwhile.",
         "R> Good to know, thank you. It is still many.",
         "S> The language detector had a bad day with short texts in {language}. Detection has been set back to last "
         "week's model; new items are right, the old ones were pulled out of your queue."),
        weight=7, tags=("language",)),
    _story("queue-empty-or-stuck", MEDIUM, MEDIUM,
        ("Break button does not stop new items", "Items are assigned to me during my wellness break"),
        ("I press Break and the counter starts, but items are still assigned to me and then run out of time.",),
        ("Q> Did you have the console open in two tabs or on a second device? And at which minute did you press it last?",
         "R> Yes, two tabs. The last time was {time}.",
         "S> The break counts for the tab in which it is pressed, the second tab went on asking for items. I have "
         "released the items that ran out; they do not count. Please keep one tab open, we ask the console team to "
         "change this."),
        weight=4, tags=("wellness",)),
    _story("queue-empty-or-stuck", HIGH, HIGH,
        ("All review queues in {region} stopped at {time}", "{region}: nobody gets items in any queue"),
        ("Nobody in {region} gets items, all queues, all sites. It stopped at {time}. 140 people are waiting.",),
        ("A> We see it too and have called Routing on call. Next news from me within 15 minutes.",
         "N> Assignment service in {region} restarts in a loop since {time}. Routing on call has acknowledged.",
         "A> The assignment service in {region} ran out of connections. It is being restarted with a larger pool, half "
         "of the sites have work again.",
         "S> All sites in {region} receive items since ten minutes. The size of the pool is now watched. Please tell us "
         "at once if any queue is still empty."),
        weight=1, tags=("routing", "outage")),
    # Review Console: the console itself
    _story("console-fault", MEDIUM, MEDIUM,
        ("Console takes 20 seconds to open an item", "Very slow console in {site} since the update"),
        ("Opening an item takes 15 to 20 seconds in {site}. Before the update it was two. Handling time of the team is "
         "twice what it was.",
         "The console is crawling here in {site}. Every click waits. Other websites are fine."),
        ("Q> Thank you. Could you send the minute of one slow item, and whether it is as slow in a private window?",
         "R> {time}, item in “{queue}”. In a private window it is fast!",
         "S> Then it is the stored filter of the old version: in the console open *Settings, Clear local state*. You "
         "lose nothing but the width of your columns. I have told the other leads in {site} too."),
        weight=7, tags=("performance",)),
    _story("console-fault", LOW, LOW,
        ("Request: shortcut for “no violation” on AZERTY keyboards", "Keyboard shortcut does not work on my layout"),
        ("The shortcut for *No violation* needs a key that is not on a French keyboard. Could it be changed, or could I "
         "choose my own?",),
        ("A> Good point, thank you. There is no setting for it yet; I have asked the console team what is possible.",
         "N> Console team: own shortcuts are planned for Q1. Until then `Ctrl+0` does the same and is on every layout.",
         "S> Own shortcuts are planned for the first quarter. Until then `Ctrl+0` does exactly the same and works on "
         "AZERTY. I have added you to the people who are told when it is ready."),
        weight=4, tags=("keyboard",)),
    _story("console-fault", MEDIUM, HIGH,
        ("Submit button does nothing in “{queue}”", "Cannot submit decisions, button stays grey"),
        ("The Submit button stays grey after I choose a label. No message. Three colleagues have the same.",
         "I choose label and reason, press Submit, nothing. I have 40 items waiting in {market}."),
        ("A> Thank you for the screenshot. I can see that the new mandatory field *Reason in local language* is below "
         "the fold. Does scrolling down inside the right panel show it?",
         "R> Yes! There is a field that I never saw. Everybody here missed it.",
         "S> The console team moves the field up today. Until then: scroll in the right panel, fill it, and Submit "
         "becomes active."),
        weight=6, attachment="picture", tags=("regression",)),
    _story("console-fault", LOW, MEDIUM,
        ("Dark theme hides the policy notes", "Notes unreadable in dark mode"),
        ("In the dark theme the yellow policy notes have white text. Impossible to read at night.",),
        ("A> Confirmed, I see the same here. Passed to the console team with your screenshot.",
         "S> Fixed with today's release. Please reload once with `Ctrl+Shift+R`."),
        weight=4, attachment="picture", tags=("ui",)),
    _story("console-fault", LOW, MEDIUM,
        ("Review timer runs while the item is still loading", "Handling time counts loading time"),
        ("My handling time looks terrible because the timer begins before the video is loaded. In {site} that is ten "
         "seconds each time.",),
        ("A> I understand. Let me ask how the number is made.",
         "N> QA: handling time starts at *assigned*, not *shown*. Change is agreed, not released.",
         "S> From Monday the timer begins when the media is shown. Your lead knows that this week's numbers are too high "
         "by the loading time; nobody is judged by them."),
        weight=4, tags=("metrics",)),
    # Review Console: bulk jobs
    _story("bulk-jobs", MEDIUM, HIGH,
        ("Bulk re-queue job stuck at {percent} % for batch {batch}", "Job {batch} does not move since {time}"),
        ("Job {batch} stands at {percent} % since {time}. We need these items back in “{queue}” before the night shift.",
         "Bulk re-queue, job {batch}, {count} items. No progress for an hour, no error."),
        ("A> I am on it. Please do not start a second job over the same items, they would be reviewed twice.",
         "N> blocked_by: relabel job of Policy over the same items, ends in about 20 minutes.",
         "A> Your job waits for a relabel job of the policy team that holds the same items. It should go on in about 20 "
         "minutes; I keep watching.",
         "S> The other job has ended and {batch} is at 100 %. All {count} items are back in “{queue}”."),
        weight=7, sop="Bulk re-queue", tags=("bulk",)),
    _story("bulk-jobs", MEDIUM, MEDIUM,
        ("Bulk relabel changed {count} items too many", "Undo bulk job {batch}?"),
        ("I started a bulk relabel with the wrong filter. {count} items in {market} now carry {label}. Can it be undone?",),
        ("Q> Yes, within 48 hours. Please confirm: job {batch}, only {market}, back to the label before the job?",
         "R> Confirmed. Job {batch}, {market} only.",
         "A> Thank you. The engineers run the reverse job, I hand it over now and write when it is done.",
         "E> Needs a reverse job with the snapshot of {time}. Filter and list are attached, requester has confirmed in "
         "writing.",
         "F> Reverse job ran over the snapshot, {count} items restored, 0 conflicts. Dry run log is in the job.",
         "S> All {count} items carry their earlier label again. We checked ten by hand. A dry run before each bulk job "
         "shows the number of items, please use it."),
        weight=4, sop="Bulk re-queue", tags=("bulk", "undo"), attachment="log"),
    _story("bulk-jobs", LOW, MEDIUM,
        ("Cannot see who started job {batch}", "Who runs the bulk job in “{queue}”?"),
        ("There is a bulk job in my queue that nobody here has started. Who is it and may I stop it?",),
        ("S> Job {batch} belongs to the policy team ({lead} knows about it) and ends tonight. Stopping it would leave "
         "half of the items relabelled, so please let it run. It does not touch items that are being reviewed.",),
        weight=3, tags=("bulk",)),
    # Policy Studio
    _story("label-missing", MEDIUM, MEDIUM,
        ("Policy label “{label}” missing in market {market}", "{label}: cannot be chosen in {market}",
         "Label list in {market} lacks {label}"),
        ("We are supposed to use {label} in {market} since today but it is not in the list.",
         "The policy page shows {label} as effective, the console in {market} does not offer it. What shall we choose "
         "meanwhile?"),
        ("A> Thank you. Until it appears please choose *Other, see note* and write the code into the note, so that we "
         "can find these reviews again.",
         "N> Label tree of {market} is two versions behind. Refresh started.",
         "S> The configuration of {market} has been refreshed and {label} is there after a reload. The reviews noted "
         "with the code are listed in your lead's dashboard for relabelling."),
        weight=12, sop="A policy label is missing", tags=("label",)),
    _story("label-missing", LOW, MEDIUM,
        ("Label list in {market} stops at letter R", "Label search finds nothing with {language} letters"),
        ("Everything after *Regulated* is gone from the label list in {market}.",
         "Searching labels in {language} finds nothing, with English names it works."),
        ("A> I can reproduce it in {market}, thank you for the exact words.",
         "E> Sort key of the label list breaks on a name with a non-breaking space, list is cut there. {market} only.",
         "F> Name cleaned in the tree, list loads fully. Validation for such names goes out on Thursday.",
         "S> One label name held a hidden character that cut the list. It is corrected and the whole list is back."),
        weight=5, tags=("label", "language")),
    _story("label-missing", MEDIUM, MEDIUM,
        ("Two labels with the same name in {market}", "Which {label} is the right one?"),
        ("There are two entries of {label}. Half of the team uses one, half the other.",),
        ("Q> Please hover over both and send me the short codes. One of them ends in *-old*, I believe.",
         "R> Right, one ends in -old.",
         "S> The one without *-old* is right. The old one is hidden from today on; reviews that carry it are mapped "
         "automatically, nothing to do for you."),
        weight=5, tags=("label",)),
    _story("texts-and-translations", LOW, LOW,
        ("Typo in German warning template 14", "Spelling in the {language} notice for {label}"),
        ("“Verstöße” is missing its umlaut in template 14. Users make fun of it.",
         "The {language} notice for {label} has a mistake in the second sentence."),
        ("A> Thank you, corrected in the draft. The {language} editor has to approve it, usually on the same day.",
         "S> Approved and live. New notices have the right text."),
        weight=7, tags=("wording",)),
    _story("texts-and-translations", LOW, MEDIUM,
        ("Translation panel empty for {language}", "No translation shown for {language} items"),
        ("The translation panel is empty for all {language} items since {time}. Without it I cannot judge the comments.",),
        ("T> Thank you. Our translation provider reports trouble with {language}; we wait for their word and keep you "
         "posted.",
         "N> Provider status: degraded for four languages since {time}, fix expected within hours.",
         "S> The provider has repaired it and I see translations for {language} again. Items from the gap translate when "
         "they are opened."),
        weight=6, tags=("translation", "provider")),
    _story("texts-and-translations", MEDIUM, LOW,
        ("New warning text for {label} in {language}", "Please publish the approved {language} wording"),
        ("Legal has approved the new text for {label}. Please publish it in {language} by the end of the week.",),
        ("Q> Gladly. Could you attach the approval or name who gave it? Publishing needs a name.",
         "R> {lead} approved it yesterday, the mail is attached to the policy ticket.",
         "S> Published, effective from midnight UTC. You see it in the preview of {market} already."),
        weight=5, tags=("wording",)),
    # Appeal Console
    _story("appeal-tool", HIGH, HIGH,
        ("Appeal console returns 502 for all reviewers in {region}", "502 in the appeal console, everybody in {site}"),
        ("Nobody in {region} can open appeals. 502 Bad Gateway since {time}. Legal deadlines run out tonight.",),
        ("A> We see the errors and have called Appeals on call. Decisions already sent are safe. I write again within 15 "
         "minutes.",
         "N> Session service restarted at {time}, gateway holds dead connections. Appeals on call acknowledged, level 2.",
         "A> Cause found: the gateway kept connections to a service that had restarted. They are being drained now.",
         "S> Error rate is back at zero since ten minutes. Legal has been told of the gap; deadlines of today are "
         "extended by three hours."),
        weight=2, sop="Appeal console answers 502", tags=("outage",)),
    _story("appeal-tool", MEDIUM, HIGH,
        ("Appeal console: 502 when saving a decision", "Error 502 on every third appeal", "Saving appeals fails, {code}"),
        ("Every second or third save ends with 502. Request number {code}. I do not dare to press it again.",
         "I get Bad Gateway when I send a decision. The page says {code}. Did it arrive or not?"),
        ("A> Please look under *My decisions* before you decide again: what is listed there has arrived. I check the "
         "number {code} meanwhile.",
         "R> Two of three are listed, the third is not.",
         "N> {code}: backend not reached, node 7. More than five in ten minutes, told Appeals on call.",
         "S> One of the servers was faulty and has been taken out. Please send the third decision again; I watched two "
         "go through without error."),
        weight=8, sop="Appeal console answers 502", tags=("appeals",)),
    _story("appeal-tool", MEDIUM, MEDIUM,
        ("Attachments of the appellant do not open", "Appeal A-{number}: document missing"),
        ("The user says a document was attached to A-{number}, I only see the text.",),
        ("A> The document is there but was held by the virus scan. I have asked for a second scan.",
         "S> The second scan was clean and the document opens now."),
        weight=5, tags=("appeals",)),
    _story("appeal-tool", LOW, MEDIUM,
        ("Appeal draft lost after lunch", "My half-written appeal decision is gone"),
        ("I wrote a long explanation, went for lunch, and it was gone when I came back.",),
        ("Q> Sorry to hear. Did the console ask you to sign in again? Then the draft may still be in that browser.",
         "R> Yes it asked me to sign in again.",
         "S> Please open the same appeal in the same browser and press *Restore draft* at the top. Drafts are kept for "
         "24 hours on the device; a central place for them is in work."),
        weight=5, tags=("appeals",)),
    _story("appeal-outcome", MEDIUM, HIGH,
        ("Wrong letter sent for appeal A-{number}", "A-{number}: user got “rejected”, decision was “restored”"),
        ("I restored the content in A-{number} but the user got the rejection letter. They write to us on social media.",),
        ("A> Thank you for telling us at once. The content is restored, only the letter was wrong. I am finding out how "
         "many are affected.",
         "N> Letter template 31 in {market} pointed to the rejection text for 40 minutes. {count} letters.",
         "E> {count} letters of template 31 between {time} and 40 minutes later need a correction. List attached, wording "
         "approved by {lead}.",
         "F> Corrections sent, {count} of {count} delivered to the outbox. Template has a test now.",
         "S> A correction with an apology has gone to all {count} users. The template is fixed and checked."),
        weight=4, attachment="log", tags=("appeals", "letters")),
    _story("appeal-outcome", LOW, MEDIUM,
        ("Deadline of A-{number} shows yesterday", "Appeal deadline is a day too early"),
        ("The appeal A-{number} shows as late although the user wrote yesterday evening.",),
        ("S> The deadline is shown in your own time zone since last week: 23:00 UTC is already the next day in {site}. "
         "The legal deadline itself is right. Your lead has the list in UTC.",),
        weight=5, tags=("time zone",)),
    # People Admin: sign-in
    _story("sign-in", LOW, HIGH,
        ("Account locked after device change, SSO loop", "Sign-in sends me round in circles",
         "SSO loop since my new laptop"),
        ("I got a new laptop and now the sign-in page comes back again and again.",
         "It sends me back to the sign-in page after the password. Private window is the same. Last try {time}."),
        ("Q> Let us get you in. Is the clock of the new computer set to automatic? More than two minutes off ends in "
         "exactly this loop.",
         "R> It was 6 minutes behind! Set to automatic, and I am in.",
         "S> That was it, then. IT has been told to set the clock on new laptops before they are handed out."),
        weight=10, sop="Single sign-on", tags=("sso",)),
    _story("sign-in", LOW, HIGH,
        ("Two-step code never arrives", "No code on my phone, cannot sign in"),
        ("The code for the second step never arrives on my phone since yesterday.",
         "I have a new phone number and the code goes to the old one, I suppose."),
        ("Q> Please ask your lead to write one line here that you are you; then I can reset the second step. We never "
         "ask for codes or passwords.",
         "R> {lead} is next to me and has just written to you in chat.",
         "N> {lead} confirmed by chat from the own account. Reset done by the procedure.",
         "S> Your second step is reset. At the next sign-in you are asked to set it up again, please choose the app and "
         "print the recovery codes."),
        weight=8, sop="Single sign-on", tags=("two-step",)),
    _story("sign-in", HIGH, HIGH,
        ("Nobody in {site} can sign in since {time}", "SSO: unknown audience for the whole site {site}"),
        ("All of {site} is locked out. The page says *unknown audience*. Shift begins in 20 minutes.",),
        ("A> This is a certificate, I have called Identity on call. I stay with you until it works.",
         "N> Certificate of the {site} tenant was rotated, the console still trusts the old one.",
         "S> The new certificate is trusted since five minutes. I see 30 people of {site} signed in. Please write if "
         "somebody is still outside."),
        weight=1, sop="Single sign-on", tags=("sso", "outage")),
    _story("sign-in", LOW, MEDIUM,
        ("Session ends every 30 minutes", "Signed out in the middle of a review"),
        ("I am signed out about every half hour and lose the item I am working on.",),
        ("A> Your site policy asks for a new sign-in every 8 hours, not 30 minutes. I look at the sessions of your "
         "account.",
         "R> It happened twice more since I wrote.",
         "S> Two browsers were signed in with your account and ended each other's session. I closed both; please sign in "
         "once, in one browser."),
        weight=5, tags=("sso",)),
    # People Admin: permissions
    _story("permissions", LOW, HIGH,
        ("Reviewer lost “escalate to legal” permission", "Lost access to “{queue}” over night",
         "Permission gone after my team change"),
        ("It was there yesterday: I cannot escalate to legal any more, the button is gone. My role changed on Monday.",
         "Since my change to the team of {lead} I cannot open “{queue}”."),
        ("A> Roles are read at sign-in. Could you sign out of all consoles and in again while I compare your groups?",
         "R> Did that, no change.",
         "N> Group legal-escalation was not carried over with the new role. Asked {lead} for approval.",
         "S> {lead} has approved it and the group is on your account. Please sign in once more; the button is back."),
        weight=10, sop="Permission lost", tags=("permission",)),
    _story("permissions", LOW, MEDIUM,
        ("Cannot add second language to reviewer profile", "Profile: {language} cannot be saved"),
        ("I want to add {language} to the profile of a reviewer but Save gives no reaction.",),
        ("Q> Does the reviewer have the language test in the training record? Without it the form refuses silently, which "
         "is not nice of it.",
         "R> The test was last week, maybe it is not recorded yet.",
         "S> The test result has arrived now and I could save the language. The form gets a message for this."),
        weight=5, tags=("profile",)),
    _story("permissions", MEDIUM, MEDIUM,
        ("Access to “{queue}” for six vendors", "Please give the {site} night team access to “{queue}”"),
        ("The six people of the night team in {site} need “{queue}” from tonight. {lead} knows.",),
        ("T> Thank you. I have asked {lead} for the approval, the desk cannot grant it alone.",
         "N> @{lead} approval requested, reminder set for this afternoon.",
         "S> Approved and done for all six. It is active after their next sign-in."),
        weight=6, sop="Permission lost", tags=("permission", "vendor")),
    _story("permissions", LOW, LOW,
        ("Remove my access to the training queue", "Old role still on my account"),
        ("I finished training in spring but still get items of the training queue now and then.",),
        ("S> Removed. You should see no training items after your next sign-in. Thank you for cleaning up!",),
        weight=4, tags=("permission",)),
    # People Admin: joiners
    _story("new-joiners", MEDIUM, LOW,
        ("Accounts for {count} new reviewers in {site}", "Eight joiners on Monday, accounts please"),
        ("We have new reviewers who begin on Monday in {site}. The list is in the form. They need “{queue}” and training.",),
        ("A> Thank you, early enough. I am creating them from your list.",
         "Q> Two addresses of the list are the same. Could you check lines 4 and 9?",
         "R> Line 9 should be with a dot between the names, sorry.",
         "S> All accounts are ready. Each person gets the invitation on the first day at 07:00 local time."),
        weight=6, tags=("onboarding",)),
    _story("new-joiners", LOW, MEDIUM,
        ("Two-step code never arrives for new joiners", "Invitation mail not received by new joiner"),
        ("Two of the people who began today did not get the invitation mail.",),
        ("A> I have sent both invitations again. They come from the identity service, please look into quarantine too.",
         "R> One has it. The other one still waits.",
         "S> The second address had a letter too many. Corrected and sent, delivery confirmed."),
        weight=5, tags=("onboarding",)),
    _story("new-joiners", LOW, MEDIUM,
        ("Leaver still appears in the rota", "Close the account of a leaver today"),
        ("A colleague left on Friday and still gets items assigned that then run out.",),
        ("S> The account is closed, the {count} open items went back to “{queue}”, and the rota is clean from tonight on.",),
        weight=4, tags=("leaver",)),
    # Evidence Viewer
    _story("media-not-shown", MEDIUM, MEDIUM,
        ("Hash-match preview not rendering for audio clips", "Video stays grey in the evidence viewer",
         "Evidence viewer spins for ever, {media}"),
        ("The viewer stays grey for {media}. Without it we cannot decide.",
         "Audio clips in “{queue}” show no preview any more, since {time}."),
        ("Q> Please send the media id, the console and the minute. Nothing else, no screenshot of it.",
         "R> {media}, review console, {time}.",
         "N> State of the conversion: 3 attempts, last_error codec. Started again once.",
         "S> The conversion was stuck and has been started again. {media} plays now; reload the item please."),
        weight=8, sop="Evidence viewer", tags=("media",)),
    _story("media-not-shown", LOW, MEDIUM,
        ("Always blur does not work on the second picture", "Blur is off after the update"),
        ("My setting *Always blur* is ignored for the second picture of an item. That was not a nice surprise.",),
        ("A> I am sorry, that must not happen. Please take a break if you need one; your lead knows that it does not "
         "count. I pass this on now.",
         "E> Wellness setting ignored for the second picture in galleries since the last release. Please treat before "
         "anything cosmetic.",
         "F> Setting was read once per page, now per picture. Released, checked with three accounts.",
         "S> Fixed and released. We checked it with your settings on ten galleries. Thank you for telling us."),
        weight=4, tags=("wellness", "regression")),
    _story("media-not-shown", MEDIUM, MEDIUM,
        ("“Not available in your region” for {market} items", "Region block in the evidence viewer"),
        ("All items from {market} say *Not available in your region* in {site}.",),
        ("A> Media of {market} is kept in its own region and must not leave it. Those items should not reach {site} at "
         "all; I look why they do.",
         "S> A routing rule sent {market} items to {site}. It is corrected; please pass the ones you have on with "
         "*Reroute, Wrong region*."),
        weight=5, sop="Evidence viewer", tags=("media", "routing")),
    _story("case-files", MEDIUM, MEDIUM,
        ("Case files from 2024 archived too early", "Files under legal hold are archived"),
        ("We need the files of two matters from 2024, they are under legal hold and show as archived.",
         "Legal asks for files that the viewer calls *Archived*. There is a hold on them."),
        ("A> A hold keeps files from deletion, not from the archive. They can be brought back; I start that now.",
         "T> Storage has begun to restore them from the archive, it takes some hours.",
         "S> All files are back and stay until the hold ends. The rule now leaves held files where they are."),
        weight=5, tags=("legal",)),
    _story("case-files", MEDIUM, HIGH,
        ("Preserve files for a court order by tonight", "Urgent hold for {count} items"),
        ("We received an order to preserve {count} items in {market}. Retention deletes the first of them at midnight.",),
        ("A> The hold is set on all items of your list, confirmed by Storage at {time}. I check the number against your "
         "list now.",
         "S> All {count} items are held. The written confirmation for the court is attached to the matter."),
        weight=2, tags=("legal",)),
    # QA Reports
    _story("exports", LOW, MEDIUM,
        ("Wrong time zone on vendor accuracy export", "Export is two hours off"),
        ("The columns are UTC, our vendor contract counts local days. Every day is cut at the wrong hour.",
         "Times in the export are two hours before what the console shows."),
        ("A> Exports are in UTC on purpose, one file is read at many sites. In the dialog choose *Add local time* and a "
         "second column in the zone of your profile is added.",
         "R> Found it. And the cut of the day?",
         "S> With *Day by: profile zone* in the same dialog the days are cut at your midnight. I have saved it as a "
         "template named {site}."),
        weight=8, sop="Export shows times", tags=("export", "time zone")),
    _story("exports", LOW, MEDIUM,
        ("Weekly export is empty", "CSV has a heading and no lines"),
        ("The weekly export for {site} has a heading and no lines. Last week it had {count}.",),
        ("Q> Does the filter still name the old team? Teams were renamed on Monday.",
         "R> It does. We did not know.",
         "S> I replaced the team in your saved filter and ran it again: {count} lines. Other saved filters are being "
         "checked too."),
        weight=6, tags=("export",)),
    _story("exports", MEDIUM, LOW,
        ("New column “appeal outcome” in the vendor export", "Request: export by language"),
        ("Could the vendor export have a column with the outcome of the appeal? We join it by hand every week.",),
        ("A> A good wish, and you are the third to ask. I have put it before the owners of the export.",
         "S> It is planned for the release in two weeks. I close this here, you are on the list of those who are told."),
        weight=4, tags=("export", "wish")),
    _story("sampling", MEDIUM, MEDIUM,
        ("Sampling rate for QA double-review reads 0 %", "No items in double review for {market}"),
        ("Double review for {market} should be 5 % and shows 0 % since Monday. We cannot calibrate.",),
        ("A> Thank you, I see the same. The rate is set per policy version and {market} got a new version on Monday.",
         "N> Default of new versions is 0. Asked the owner to set 5 % and backfill two days.",
         "S> The rate for {market} is 5 % again and two days were drawn afterwards, {count} items. New versions inherit "
         "the rate from now on."),
        weight=5, tags=("quality",)),
    _story("sampling", LOW, MEDIUM,
        ("My accuracy dropped to 61 % over night", "Score of the team in {site} looks wrong"),
        ("My accuracy went from 96 to 61 % in one night. I cannot have changed that much.",),
        ("A> You have not. The items of {label} were judged against the new policy text before it was in force. I have "
         "asked for a new calculation.",
         "S> Calculated again with the right version: 95.8 %. Your lead has been told."),
        weight=5, tags=("quality",)),
    # Live Ops
    _story("live-takedown", HIGH, HIGH,
        ("Livestream takedown tool: confirm button does nothing", "Cannot stop stream LS-{number}"),
        ("LS-{number} has to go now and the confirm button does nothing. I tried two browsers.",),
        ("A> I have stopped LS-{number} by the emergency path, it is off the air since a minute. Please confirm that you "
         "see it as ended.",
         "R> Confirmed, it is gone. But the button still does nothing for the next one.",
         "N> Confirm needs the second approver since today, the approver list of the night shift is empty.",
         "S> The approver list of your shift was empty after the change of today; it is filled again and the button "
         "works. The emergency number stays the same."),
        weight=2, tags=("live",)),
    _story("live-takedown", HIGH, MEDIUM,
        ("Live preview is 40 seconds behind", "Stream list refreshes only every minute"),
        ("The preview in Live Ops is about 40 seconds behind the real stream. For us that is an eternity.",
         "The list of streams refreshes once a minute since the update. It was every five seconds."),
        ("A> Thank you, that is too slow indeed. Which region do your streams come from?",
         "R> Mostly {region}.",
         "A> I measure 40 seconds for {region} as well. This is one for the engineers, I hand it over with the numbers.",
         "E> Preview in {region} takes the recording instead of the live edge since the update. Delay 40 s, measured "
         "three times.",
         "F> Edge for {region} put back in front, delay 3 s. A monitor for the delay is in place.",
         "S> The preview for {region} comes from the live edge again, we measure 3 seconds."),
        weight=4, tags=("live", "performance")),
    _story("live-takedown", MEDIUM, MEDIUM,
        ("Stream LS-{number} cannot be found by its number", "Search by stream number finds nothing"),
        ("Partner says LS-{number}, the search finds nothing. By title it is there.",),
        ("S> The partner used the number of the recording, which has one digit more. Search takes both since this "
         "morning; thank you for the example.",),
        weight=3, tags=("live", "search")),
    # Partner API
    _story("api-errors", MEDIUM, HIGH,
        ("401 for all calls of {partner} since key rotation", "{partner}: token refused since {time}"),
        ("All our calls to /v2/{path} answer 401 since {time}. We rotated our key yesterday as asked.",),
        ("Q> The new key is active, the old one ended at {time}. Could you check that the prefix in your call is the new "
         "one? Only the first eight characters, please.",
         "R> Our second data centre still used the old one. Both are fine now.",
         "S> Good. I see only successful calls of {partner} since then. The old key is gone for good."),
        weight=6, attachment="log", tags=("api", "keys")),
    _story("api-errors", LOW, MEDIUM,
        ("429 on /v2/{path} below our limit", "{partner} is rate limited too early"),
        ("We send 40 requests a second, the contract says 60, and still get 429 on /v2/{path}.",),
        ("A> The limit counts per key and per minute; short peaks above 60 are cut. May I see one log with time stamps?",
         "R> Attached to the first message. The peak is at the full minute.",
         "S> Your nightly job sends its whole batch in the first second. Spread over ten seconds it passes. I have added "
         "a short burst allowance for {partner} until you have changed it."),
        weight=5, attachment="log", tags=("api", "limits")),
    _story("api-errors", MEDIUM, MEDIUM,
        ("Field “reason_code” missing in /v2/{path}", "Answer of /v2/{path} changed without notice"),
        ("Since the last release the answer of /v2/{path} has no reason_code. Our import stops.",),
        ("A> That field should be there, the change was not meant to reach version 2. I hand it over with your example.",
         "E> reason_code dropped from v2 serializer with the v3 work. {partner} and probably others stopped.",
         "F> Field is back in v2, contract test added. Deployed to all regions.",
         "S> reason_code is back. Answers of the gap can be fetched again with `updated_since`."),
        weight=4, tags=("api", "regression")),
    _story("api-errors", LOW, MEDIUM,
        ("Nightly check: {count} takedown requests without answer", "Automatic report: /v2/{path} slow in {region}"),
        ("Automatic report. {count} calls to /v2/{path} took longer than 5 s between {time} and one hour later, region "
         "{region}.",),
        ("N> Matches the database maintenance of last night. Nothing to do, watching the next run.",
         "S> The slow calls match the announced maintenance. The next run was clean, so this is closed from our side."),
        weight=6, by_robot=True, tags=("monitoring",)),
    _story("webhooks", LOW, MEDIUM,
        ("Webhook retries arrive twice for appeal.closed", "{partner} receives each webhook twice"),
        ("We dedupe, but since {time} each appeal.closed arrives twice within a second.",),
        ("A> Thank you, I see two deliveries with the same id. Please go on ignoring the second, the id is stable.",
         "N> Two subscriptions for the same address: one by hand, one by the new set-up page.",
         "S> There were two subscriptions for your address. I have removed the older one with the agreement of your "
         "contact."),
        weight=6, by_robot=True, tags=("webhook",)),
    _story("webhooks", MEDIUM, MEDIUM,
        ("No webhooks since {time}", "Signature of webhooks does not match"),
        ("We have not received any webhook since {time}. Our end point is up and answers 200 to tests.",
         "Since {time} the signature does not match, so our side refuses all calls."),
        ("Q> Our log says that your end point answers with a redirect since {time}, which we do not follow. Has its "
         "address changed?",
         "R> Yes, we moved behind a new host name. Is there a way to get what we missed?",
         "S> I changed the address and sent the {count} missed calls again, in order. Everything was accepted."),
        weight=5, tags=("webhook",)),
)  # fmt: skip

CAME_BACK = (
    "It worked for an hour and now it is back, exactly as before.",
    "Sorry, this is not solved for me. Two colleagues see the same again.",
    "Thanks, but after the shift change the trouble is back.",
    "Partly better. In the morning it happened again twice.",
)
SECOND_TRY = (
    "Thank you for coming back. The first repair did not reach all servers, now it has. We looked at it for half an "
    "hour before writing this.",
    "You were right, there was a second cause. Both are removed now, please try once more.",
    "We found the rest of it: one setting was put back by the nightly job. The job is corrected too.",
)
ANY_NEWS = (
    "Any news on this? My shift ends soon.",
    "One thing to add: it happens in Firefox too.",
    "Is there something we can do meanwhile?",
    "It now hits four more colleagues of mine.",
    "I have just seen it again, a minute ago.",
)
STILL_LOOKING = (
    "We are still on it. The cause is not clear yet; I write again as soon as I know more.",
    "Thank you, that helps. I have passed it on and stay with it.",
    "I could reproduce it here, so no more examples are needed. Next news today.",
)
ON_HAND = (
    "Shift change: {name} goes on with this. Everything known is above, the requester expects news today.",
    "Handing this to {name}, who knows the tool better. Requester is told.",
    "{name} takes over, I am off until Thursday.",
)
PRAISE: dict[int, tuple[str, ...]] = {
    5: (
        "Fast and clear, thank you!",
        "Solved before my coffee was cold.",
        "",
        "",
        "Great help at 3 in the morning.",
        "",
    ),
    4: ("Good, only the first answer took a while.", "", "", "Works. A hint in the console would have saved us both."),
    3: ("Solved, but I had to explain it twice.", "", "It took the whole shift."),
    2: ("Two days for a checkbox.", "I was asked the same question by two people."),
    1: ("We lost a night of work and nobody told us why.",),
}
SPECIAL_INCIDENTS = (
    # title, what users are told, keywords, category, begun and ended (hours ago)
    ("Appeal console answers 502 for some reviewers in EU",
     "Some saves in the appeal console end with 502. Decisions that were sent are safe: look under “My decisions” before "
     "you decide again. Engineers are draining the faulty servers; next news every 30 minutes.",
     "appeal, 502, gateway, saving, decision, console", "appeal-tool", 3.2, None),
    ("Translations missing for four languages",
     "The translation panel stayed empty for Tagalog, Turkish, Hindi and Arabic because our provider was down. "
     "Translations are back; items from the gap translate when they are opened.",
     "translation, empty, panel, language, provider", "texts-and-translations", 151.0, 144.5),
)  # fmt: skip
