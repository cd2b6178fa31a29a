"""A page on which a developer is the customer: writes on "WhatsApp", "Messenger" or "Telegram" and sees the answers."""

from __future__ import annotations

from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.platform import FakePlatform

HTML = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Fake platforms</title><link rel="stylesheet" href="/page.css"><script type="module" src="/page.js"></script>
<header><h1>Fake platforms</h1><p id="service"></p></header>
<main><section><h2>The customer</h2><form id="form">
<label>Platform <select id="platform"><option>whatsapp<option>messenger<option>telegram</select></label>
<label>Who <input id="who" value="+8801700000002" list="people"></label><datalist id="people">
<option value="+8801700000001"><option value="+8801700000002"><option value="+8801700000003">
<option value="+919800000001"><option value="+919800000002"></datalist>
<label>Says <input id="text" autocomplete="off" autofocus></label><button>Send</button>
<button type="button" id="place">Send a place</button></form>
<ol id="chat" aria-live="polite"></ol></section>
<section><h2>Calls of the service</h2><ol id="calls"></ol></section></main></html>"""
CSS = """body{font:16px/1.6 system-ui,sans-serif;margin:0;color:#1b2430;background:#f2f4f7}
header{background:#0b5d4b;color:#fff;padding:.6rem 1rem}h1{font-size:1.2rem;margin:0}h2{font-size:1rem}
header p{margin:0;opacity:.85}main{display:grid;grid-template-columns:1fr 1fr;gap:1rem;padding:1rem}
section{background:#fff;border-radius:.6rem;padding:1rem;min-width:0}form{display:grid;gap:.5rem}
label{display:grid}input,select,button{font:inherit;padding:.5rem;border:1px solid #98a3b1;border-radius:.4rem}
button{background:#0b5d4b;color:#fff;border:0;cursor:pointer}ol{list-style:none;padding:0;display:grid;gap:.5rem}
#chat li{max-width:80%;padding:.5rem .8rem;border-radius:.8rem;background:#e8edf3;justify-self:start}
#chat li{white-space:pre-wrap}
#chat li.mine{background:#d8f2e4;justify-self:end}#chat button{margin:.3rem .3rem 0 0;background:#33698f}
#calls{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}#calls .bad{color:#a31515}
@media(max-width:800px){main{grid-template-columns:1fr}}"""
SCRIPT = """const at = (id) => document.getElementById(id);
let known = -1, calls = -1;
const headers = {'Content-Type': 'application/json'};
const post = (body) => fetch('/page/say', {method: 'POST', headers, body: JSON.stringify(body)}).then(look);
const who = () => ({platform: at('platform').value, who: at('who').value});
at('form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (at('text').value) post({...who(), text: at('text').value});
  at('text').value = '';
});
at('place').addEventListener('click', () => post({...who(), place: true}));
at('platform').addEventListener('change', () => {
  at('who').value = {whatsapp: '+8801700000002', messenger: '5550001', telegram: '4211'}[at('platform').value];
});
async function look() {
  const state = await (await fetch('/page/state')).json();
  at('service').textContent = `webhooks go to ${state.service}`;
  if (state.chat.length !== known) {
    known = state.chat.length;
    at('chat').replaceChildren(...state.chat.map((line) => {
      const item = document.createElement('li');
      item.className = line.mine ? 'mine' : '';
      item.textContent = `${line.platform} ${line.who}\\n${line.text}${line.file ? '\\n📄 ' : ''}`;
      if (line.file) {
        const link = document.createElement('a');
        link.href = `/page/file/${line.number}`;
        link.textContent = line.file;
        item.append(link);
      }
      for (const [token, title] of line.choices) {
        const button = document.createElement('button');
        button.textContent = title;
        button.onclick = () => post({platform: line.platform, who: line.who, token, title, kind: line.kind});
        item.append(document.createElement('br'), button);
      }
      return item;
    }));
    at('chat').lastElementChild?.scrollIntoView();
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
        shown = line.get("text") or line.get("title") or "📍"
        more = {"mine": True, "platform": kind, "who": who, "text": shown, "choices": [], "file": ""}
        said.append({"at": platform.ledger.now()} | more)
        try:
            statuses = await _deliver(platform, kind, who, line)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            statuses = [f"not delivered: {error}"]
        if statuses != [200]:
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


async def _deliver(platform: FakePlatform, kind: str, who: str, line: dict[str, Any]) -> list[Any]:
    text, token, title = line.get("text", ""), line.get("token", ""), line.get("title", "")
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
    return await platform.send_telegram(int(who), {"location": place} if line.get("place") else {"text": text})
