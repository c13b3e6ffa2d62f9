"""The rules of promises about time: pure functions and frozen dataclasses, on the standard library alone.

========================= ==========================================================================
`calendar`                `BusinessCalendar`: open time between instants, deadlines, open intervals
`history`                 what goes in: `Promise` (a policy version with its targets) and the
                          happenings `Opened`, `RequesterMessage`, `AgentReply`, `StatusChanged`,
                          `PolicyApplied`, `HandOffMoved`
`clock`                   `project(happenings, now=None)`: the history replayed; what is decided, and why
`timers`                  what comes out: `TimerView` with its `Segment`s and `TimerWarning`s; `is_met`
`matching`                `first_matching(policies, facts)`: the policy a ticket falls under
`refusals`                `RuleRefused` and its kinds, each with a `code`
========================= ==========================================================================

How the pieces are used: an operation that changes a ticket translates its events, calls
`project(history, now=now)`, and stores each `TimerView` under (ticket, metric, cycle), with
`next_wake_at()` as the due row's instant. Until the next event nothing changes but that the stored instants
pass: a sweep needs no replay. A warning is reached once its `due_at` has come; a timer is breached once its
`due_at` has passed (`not is_met(now, due_at)`), and `breached_at` is then that `due_at`.

Events become happenings so: opening gives `Opened` and `PolicyApplied`; a reopening is a `StatusChanged` to
open; each change of priority, team, category or policy gives a `PolicyApplied`, null when no policy matches.

Instants go in aware, in any zone, and come out in UTC where computed. Microseconds are kept.
"""
