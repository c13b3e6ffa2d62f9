"""Texts that would do harm if a page took them for anything but text."""

from __future__ import annotations

LONG_WORD = "supercalifragilistic" * 6
HOSTILE_SUBJECT = "<script>window.harmed=1</script><img src=x onerror=window.harmed=1>{{7*7}}{% now %} ‮desrever‬"
HOSTILE_NAME = "<b onmouseover=window.harmed=1>Mal</b>\"'"
HOSTILE_TAGS = ("<svg/onload=window.harmed=1>", '"><i>tag</i>')
HOSTILE_MARKDOWN = f"""\
<script>window.harmed=1</script>
<img src=x onerror=window.harmed=1>
<svg/onload=window.harmed=1>
<iframe src="javascript:window.harmed=1"></iframe>
<style>body{{display:none}}</style>
<a hx-get="/tickets/" hx-trigger="load" hx-target="body">x</a>
<form action="/account/logout/"><button id="main" data-key="r">x</button></form>

[a](javascript:window.harmed=1) [b](data:text/html,<script>window.harmed=1</script>) [c](vbscript:x)
![" onerror="window.harmed=1](/attachments/00000000-0000-4000-8000-000000000000/) ![d](https://evil.example/spy.png)

| {LONG_WORD} | b | c | d | e | f | g | h |
|---|---|---|---|---|---|---|---|
| 1 | 2 | 3 | 4 | 5 | 6 | 7 | {LONG_WORD} |

```
{LONG_WORD * 3}
```

{LONG_WORD}
"""
