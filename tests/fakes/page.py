"""A page on which a developer is the customer: writes on "WhatsApp", "Messenger" or "Telegram" and sees the answers."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.ledger import File
from tests.fakes.platform import FakePlatform

HTML = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Fake platforms</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
<header><h1>Fake platforms</h1><p id="service"></p></header>
<main><section><div class="who"><h2>The customer</h2>
<label>on <select id="platform"><option>whatsapp<option>messenger<option>telegram</select></label>
<label>is <input id="who" value="+8801700000002" list="people"></label></div><datalist id="people">
<option value="+8801700000001"><option value="+8801700000002"><option value="+8801700000003">
<option value="+919800000001"><option value="+919800000002"></datalist>
<ol id="chat" aria-live="polite"></ol>
<form id="form"><input id="text" aria-label="Says" placeholder="Says" autocomplete="off" autofocus><button>Send</button>
<button type="button" id="place">Place</button><button type="button" id="contact">Number</button>
<button type="button" id="pictures">Two pictures</button></form></section>
<section><h2>Calls of the service</h2><ol id="calls"></ol></section></main></html>"""
CSS = """body{font:16px/1.6 system-ui,sans-serif;margin:0;color:#1b2430;background:#f2f4f7;height:100dvh;display:grid}
body{grid-template-rows:auto 1fr}header{background:#0b5d4b;color:#fff;padding:.4rem 1rem;display:flex;gap:.2rem 1rem}
header{flex-wrap:wrap;align-items:baseline}h1{font-size:1.2rem;margin:0}h2{font-size:1rem;margin:0}
header p{margin:0;opacity:.85}main{display:grid;grid-template-columns:1fr 1fr;gap:1rem;padding:1rem;min-height:0}
section{background:#fff;border-radius:.6rem;padding:.8rem;min-width:0;min-height:0;display:flex;flex-direction:column}
section{gap:.6rem}.who{display:flex;flex-wrap:wrap;gap:.4rem .8rem;align-items:center}.who label{flex:1 1 9rem;display:flex}
label{gap:.4rem;align-items:center}label *{flex:1;min-width:0}form{display:flex;flex-wrap:wrap;gap:.5rem}
#text{flex:1 1 12rem}input,select,button{font:inherit;padding:.4rem .6rem;border:1px solid #98a3b1;border-radius:.4rem}
button{background:#0b5d4b;color:#fff;border:0;cursor:pointer;min-height:2.6rem}ol{list-style:none;padding:0;margin:0}
ol{display:grid;gap:.5rem;align-content:start;overflow:auto;flex:1}
#chat li{max-width:80%;padding:.5rem .8rem;border-radius:.8rem;background:#e8edf3;justify-self:start;white-space:pre-wrap}
#chat li.mine{background:#d8f2e4;justify-self:end}#chat button{margin:.3rem .3rem 0 0;background:#33698f}
#calls{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}#calls .bad{color:#a31515}
@media(max-width:800px){main{grid-template:minmax(0,1fr) 24dvh/minmax(0,1fr);gap:.5rem;padding:.5rem}.who h2{display:none}}"""
SCRIPT = """const at = (id) => document.getElementById(id);
let known = '', calls = -1;
const headers = {'Content-Type': 'application/json'};
const post = (body) => fetch('/page/say', {method: 'POST', headers, body: JSON.stringify(body)}).then(look);
const who = () => ({platform: at('platform').value, who: at('who').value});
at('form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (at('text').value) post({...who(), text: at('text').value});
  at('text').value = '';
});
at('place').addEventListener('click', () => post({...who(), place: true}));
at('contact').addEventListener('click', () => {
  const phone = prompt('Telephone number to share', '+8801700000002');
  if (phone) post({...who(), phone, own: confirm('Is it their own?')});
});
at('pictures').addEventListener('click', () => post({...who(), pictures: 2}));
at('platform').addEventListener('change', () => {
  at('who').value = {whatsapp: '+8801700000002', messenger: '5550001', telegram: '4211'}[at('platform').value];
  look();
});
at('who').addEventListener('change', () => look());
async function look() {
  const state = await (await fetch('/page/state')).json();
  at('service').textContent = `webhooks go to ${state.service}`;
  const {platform, who: person} = who();
  const chat = state.chat.filter((line) => line.platform === platform && line.who === person);
  const shown = `${platform} ${person} ${chat.length}`;
  if (shown !== known) {
    known = shown;
    at('chat').replaceChildren(...chat.map((line) => {
      const item = document.createElement('li');
      item.className = line.mine ? 'mine' : '';
      item.textContent = `${line.text}${line.file ? '\\n📄 ' : ''}`;
      if (line.file) {
        const link = document.createElement('a');
        link.href = `/page/file/${line.number}`;
        link.textContent = line.file;
        item.append(link);
      }
      if (line.choices.length) item.append(document.createElement('br'));
      for (const [token, title] of line.choices) {
        const button = document.createElement('button');
        button.textContent = title;
        button.onclick = () => post({platform, who: person, token, title, kind: line.kind});
        item.append(button);
      }
      return item;
    }));
    at('chat').scrollTop = at('chat').scrollHeight;
  }
  if (state.calls.length !== calls) {
    calls = state.calls.length;
    at('calls').replaceChildren(...state.calls.slice(-40).reverse().map((call) => {
      const item = document.createElement('li');
      item.className = call.status === 200 ? '' : 'bad';
      item.textContent = `${call.status} ${call.method} ${call.path} ${JSON.stringify(call.body)}`;
      return item;
    }));
  }
}
setInterval(look, 700);
look();
"""


def add_page(app: web.Application, platform: FakePlatform) -> None:
    """The page, its state, and what its buttons do."""
    said: list[dict[str, Any]] = []

    def static(text: str, kind: str) -> Any:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(text=text, content_type=kind)

        return answer

    async def state(request: web.Request) -> web.Response:
        shown = [
            {
                "at": seen.at,
                "mine": False,
                "platform": seen.platform,
                "who": seen.to,
                "text": seen.text,
                "kind": seen.kind,
                "choices": seen.choices,
                "file": seen.file.name if seen.file else "",
                "number": number,
            }
            for number, seen in enumerate(platform.ledger.seen)
        ]
        chat = sorted(shown + said, key=lambda line: line["at"])
        calls = [
            {"status": call.status, "method": call.method, "path": call.path, "body": call.body}
            for call in platform.ledger.calls
        ]
        return web.json_response({"service": platform.webhooks, "chat": chat, "calls": calls})

    async def file(request: web.Request) -> web.Response:
        found = platform.ledger.seen[int(request.match_info["number"])].file
        if found is None:
            raise web.HTTPNotFound(text="")
        return web.Response(body=found.content, content_type=found.mime)

    async def say(request: web.Request) -> web.Response:
        line = await request.json()
        kind, who = line["platform"], line["who"]
        shown = line.get("text") or line.get("phone") or line.get("title") or "🖼" * line.get("pictures", 0) or "📍"
        more = {"mine": True, "platform": kind, "who": who, "text": shown, "choices": [], "file": ""}
        said.append({"at": platform.ledger.now()} | more)
        try:
            statuses = await _deliver(platform, kind, who, line)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            statuses = [f"not delivered: {error}"]
        if set(statuses) != {200}:
            said.append({"at": platform.ledger.now()} | more | {"text": f"⚠ {statuses}"})
        return web.json_response({"statuses": statuses})

    app.add_routes(
        [
            web.get("/", static(HTML, "text/html")),
            web.get("/page.css", static(CSS, "text/css")),
            web.get("/page.js", static(SCRIPT, "text/javascript")),
            web.get("/page/state", state),
            web.get("/page/file/{number:[0-9]+}", file),
            web.post("/page/say", say),
        ]
    )


def _picture(shade: int) -> bytes:
    """A small grey PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    rows = zlib.compress((b"\0" + bytes([shade]) * 64) * 48)
    head = struct.pack(">IIBBBBB", 64, 48, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def _send_pictures(platform: FakePlatform, kind: str, who: str, count: int) -> list[Any]:
    """Pictures sent together: one message each on WhatsApp and Telegram, where they share an album, one on Messenger."""
    files = [
        File(name=f"{number}.png", mime="image/png", content=_picture(80 * number)) for number in range(1, count + 1)
    ]
    kept = [platform.meta.keep(file) for file in files]
    if kind == "messenger":
        urls = [f"{platform.graph_url}/cdn/{number}" for number in kept]
        shown = [{"type": "image", "payload": {"url": url}} for url in urls]
        return await platform.send_messenger(who, {"message": {"attachments": shown}})
    statuses: list[Any] = []
    for number, file in zip(kept, files, strict=True):
        if kind == "whatsapp":
            statuses += await platform.send_whatsapp(
                who, {"type": "image", "image": {"id": number, "mime_type": file.mime}}
            )
        else:
            platform.telegram.files[f"picture{number}"] = file
            sizes = [{"file_id": f"picture{number}", "width": 64, "height": 48}]
            statuses += await platform.send_telegram(int(who), {"photo": sizes, "media_group_id": f"album{kept[0]}"})
    return statuses


async def _share_number(platform: FakePlatform, kind: str, who: str, phone: str, *, own: bool) -> list[Any]:
    """A contact as each platform hands it over; only Telegram says whose it is."""
    if kind == "whatsapp":
        card = {"name": {"formatted_name": "Contact"}, "phones": [{"phone": phone, "wa_id": phone.lstrip("+")}]}
        return await platform.send_whatsapp(who, {"type": "contacts", "contacts": [card]})
    if kind == "messenger":
        return await platform.send_messenger(who, {"message": {"text": phone, "quick_reply": {"payload": phone}}})
    card = {"phone_number": phone.lstrip("+"), "first_name": "Contact", "user_id": int(who) if own else 1}
    return await platform.send_telegram(int(who), {"contact": card})


async def _deliver(platform: FakePlatform, kind: str, who: str, line: dict[str, Any]) -> list[Any]:
    text, token, title = line.get("text", ""), line.get("token", ""), line.get("title", "")
    if line.get("pictures"):
        return await _send_pictures(platform, kind, who, line["pictures"])
    if line.get("phone"):
        return await _share_number(platform, kind, who, line["phone"], own=bool(line.get("own")))
    place = {"latitude": 23.8069, "longitude": 90.3687}
    if kind == "whatsapp":
        reply = "list_reply" if line.get("kind") == "list" else "button_reply"
        content: dict[str, Any] = {"type": "text", "text": {"body": text}}
        if token:
            content = {"type": "interactive", "interactive": {"type": reply, reply: {"id": token, "title": title}}}
        elif line.get("place"):
            content = {"type": "location", "location": place}
        return await platform.send_whatsapp(who, content)
    if kind == "messenger":
        message: dict[str, Any] = {"text": text}
        if token:
            message = {"text": title, "quick_reply": {"payload": token}}
        elif line.get("place"):
            spot = {"lat": place["latitude"], "long": place["longitude"]}
            message = {"attachments": [{"type": "location", "payload": {"coordinates": spot}}]}
        return await platform.send_messenger(who, {"message": message})
    if token:
        return await platform.send_telegram(int(who), {"data": token}, kind="callback_query")
    # A key in place of the letters is typed for the person.
    return await platform.send_telegram(int(who), {"location": place} if line.get("place") else {"text": text or title})
