"""The fake Graph API: WhatsApp's and Messenger's calls, and the deliveries that their webhooks make."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from collections import defaultdict
from typing import Any

from aiohttp import web

from tests.fakes import rules
from tests.fakes.ledger import Bucket, Fault, File, Ledger, Seen, Window

_ids = itertools.count(1)
PUBLIC = "https://bot.example"  # the address that was entered in the app's dashboard
NAMES = {"whatsapp_business_account": "whatsapp", "page": "messenger"}


def signed(payload: Any, secret: str) -> tuple[bytes, dict[str, str]]:
    """A delivery's bytes and headers: non-ASCII escaped, signed as it goes over the line (channels.md §1.2)."""
    body = json.dumps(payload, ensure_ascii=True, separators=(",", ":")).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}


def fault_body(code: int, words: str, subcode: int = 0, details: str = "") -> dict[str, Any]:
    """An error of the Graph API."""
    inner: dict[str, Any] = {"message": f"(#{code}) {words}", "type": "OAuthException", "code": code}
    if subcode:
        inner["error_subcode"] = subcode
    inner["error_data"] = {"messaging_product": "whatsapp", "details": details or words}
    return {"error": inner | {"fbtrace_id": "A0"}}


class FakeMeta:
    """Both Meta channels: one app secret, one number, one page."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.phone_number_id = "105500000000001"
        self.business_id = "205500000000001"
        self.page_id = "305500000000001"
        self.app_id = "405500000000001"
        self.app_secret = "fake-app-secret-of-the-fake-platform"
        self.verify_token = "fake-verify-token"
        self.whatsapp_token = "fake-whatsapp-access-token-0001"
        self.page_token = "fake-messenger-page-token-0001"
        self.media: dict[str, File] = {}
        self.attachments: dict[str, File] = {}
        self.profile: dict[str, Any] = {}
        self.personas: list[dict[str, Any]] = []
        self.threads: dict[str, str] = {}
        self.usage = ""
        self.subscribed: dict[str, list[str]] = {}
        # What was entered in the app's dashboard: address and fields of each kind of object.
        self.webhooks: dict[str, dict[str, Any]] = {
            "whatsapp_business_account": {"fields": ["messages", "user_preferences"]},
            "page": {"fields": ["messages", "messaging_postbacks"]},
        }
        self.overrides: dict[str, str] = {}
        self.numbers = [self.phone_number_id]
        self.bsuids: dict[str, str] = {}
        self.called: dict[str, str] = {}  # numbers that WhatsApp writes in another way than they are dialled
        self.enforce_limits = True
        self.per_second = 80
        self._second: dict[str, Window] = {}
        self._pairs: dict[str, Bucket] = defaultdict(lambda: Bucket(per_second=1 / 6, burst=45))
        self.on_message: list[Any] = []

    def routes(self) -> list[web.RouteDef]:
        base = "/graph/v25.0"
        return [
            web.get(base + "/media-file/{id}", self.download),
            web.get(base + "/cdn/{id}", self.cdn),
            web.route("*", base + "/{node}", self.node),
            web.post(base + "/{node}/messages", self.messages),
            web.post(base + "/{node}/media", self.upload),
            web.post(base + "/{node}/message_attachments", self.attach),
            web.route("*", base + "/{node}/messenger_profile", self.messenger_profile),
            web.route("*", base + "/{node}/subscribed_apps", self.subscriptions),
            web.get(base + "/{node}/subscriptions", self.app_webhooks),
            web.get(base + "/{node}/phone_numbers", self.account_numbers),
            web.route("*", base + "/{node}/personas", self.persona),
            web.post(base + "/{node}/{what:pass|take}_thread_control", self.thread),
        ]

    # Calls

    async def _body(self, request: web.Request) -> tuple[dict[str, Any], dict[str, File]]:
        if request.content_type == "multipart/form-data":
            fields: dict[str, Any] = {}
            files: dict[str, File] = {}
            form = await request.post()
            for name, value in form.items():
                if isinstance(value, web.FileField):
                    files[name] = File(name=value.filename, mime=value.content_type, content=value.file.read())
                else:
                    fields[name] = value
            return fields, files
        if not request.can_read_body:
            return dict(request.query), {}
        return await request.json(), {}

    def _answer(
        self,
        request: web.Request,
        platform: str,
        body: dict[str, Any],
        answer: dict[str, Any],
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> web.Response:
        self.ledger.note(platform, request.method, request.path, body, status)
        usage = {"X-App-Usage": self.usage} if self.usage else {}
        return web.json_response(answer, status=status, headers={**usage, **(headers or {})})

    def _platform(self, node: str) -> str:
        return "whatsapp" if node == self.phone_number_id else "messenger"

    def _refusal(self, request: web.Request, platform: str) -> dict[str, Any] | None:
        token = self.whatsapp_token if platform == "whatsapp" else self.page_token
        if request.headers.get("Authorization") != f"Bearer {token}":
            return fault_body(190, "Error validating access token")
        return None

    async def _faulted(self, request: web.Request, platform: str, body: dict[str, Any], fault: Fault) -> web.Response:
        import asyncio

        if fault.delay:
            await asyncio.sleep(fault.delay)
        self.ledger.note(platform, request.method, request.path, body, 0 if fault.drop else fault.status)
        if fault.drop:
            assert request.transport is not None
            request.transport.close()
            raise web.HTTPInternalServerError
        return web.json_response(fault.body, status=fault.status, headers=fault.headers)

    async def messages(self, request: web.Request) -> web.Response:
        """`/{number}/messages` and `/{page}/messages`."""
        node = request.match_info["node"]
        platform = self._platform(node)
        body, files = await self._body(request)
        if files:
            body |= {name: json.loads(body[name]) for name in ("recipient", "message") if name in body}
        refusal = self._refusal(request, platform)
        if refusal:
            return self._answer(request, platform, body, refusal, 401)
        if node not in (self.phone_number_id, self.page_id):
            return self._answer(request, platform, body, fault_body(100, "Unsupported post request"), 400)
        fault = self.ledger.fault(platform, request.path)
        if fault and not fault.accept:
            return await self._faulted(request, platform, body, fault)
        if platform == "whatsapp":
            status, answer = self._whatsapp(body)
        else:
            status, answer = self._messenger(body, files)
        if fault:
            return await self._faulted(request, platform, body, fault)
        return self._answer(request, platform, body, answer, status)

    def _whatsapp(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if body.get("status") == "read":
            self.ledger.acknowledged.append(str(body["message_id"]))
            return 200, {"success": True}
        try:
            rules.whatsapp(body, self.media)
        except rules.Wrong as error:
            return 400, fault_body(131009, "Parameter value is not valid", details=str(error))
        except (KeyError, TypeError, AttributeError) as error:
            return 400, fault_body(100, "Invalid parameter", details=repr(error))
        to = str(body.get("to") or body.get("recipient"))
        if self.enforce_limits:
            now = self.ledger.now()
            if not self._second.setdefault("whatsapp", Window(self.per_second)).take(now):
                return 429, fault_body(130429, "Rate limit hit")
            if not self._pairs[to].take(now):
                return 400, fault_body(131056, "(Business Account, Consumer Account) pair rate limit hit")
        seen = self._seen_whatsapp(body, to)
        self._take(seen)
        number = self.called.get(to, to).lstrip("+")
        contact = {"input": to, "wa_id": number} if to.startswith("+") else {"input": to, "user_id": to}
        return 200, {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": seen.id}]}

    def _seen_whatsapp(self, body: dict[str, Any], to: str) -> Seen:
        kind = body["type"]
        inner = body[kind]
        text, choices, file = "", [], None
        if kind == "text":
            text = inner["body"]
        elif kind in ("document", "image"):
            text, file = inner.get("caption", ""), self.media[inner["id"]]
        elif kind == "template":
            text = inner["name"]
        elif kind == "interactive":
            text, kind = inner["body"]["text"], inner["type"]
            action = inner["action"]
            choices = [(item["reply"]["id"], item["reply"]["title"]) for item in action.get("buttons", [])]
            choices += [(row["id"], row["title"]) for part in action.get("sections", []) for row in part["rows"]]
            header = inner.get("header", {})
            if header.get("type") in ("document", "image"):
                file = self.media[header[header["type"]]["id"]]
        return Seen(
            at=self.ledger.now(),
            platform="whatsapp",
            to=to,
            id=f"wamid.OUT{next(_ids):012d}",
            kind=kind,
            text=text,
            choices=tuple(choices),
            file=file,
            callback=str(body.get("biz_opaque_callback_data", "")),
            body=body,
        )

    def _messenger(self, body: dict[str, Any], files: dict[str, File]) -> tuple[int, dict[str, Any]]:
        try:
            rules.messenger(body, self.attachments, "filedata" in files)
        except rules.Wrong as error:
            return 400, fault_body(100, "Invalid parameter", details=str(error))
        except (KeyError, TypeError, AttributeError) as error:
            return 400, fault_body(100, "Invalid parameter", details=repr(error))
        to = str(body["recipient"]["id"])
        if "sender_action" in body:
            self.ledger.acknowledged.append(f"{to}:{body['sender_action']}")
            return 200, {"recipient_id": to}
        if self.enforce_limits and not self._second.setdefault("messenger", Window(300)).take(self.ledger.now()):
            return 400, fault_body(613, "Calls to this api have exceeded the rate limit")
        if "thread_control" in body:
            self.threads[to] = str(body["thread_control"]["app_id"])
        message = body["message"]
        text, file, kind = message.get("text", ""), files.get("filedata"), "text"
        choices = [(item["payload"], item["title"]) for item in message.get("quick_replies", []) if "title" in item]
        if "template" in message:
            kind, text = "template", message["template"]["name"]
        elif "attachment" in message:
            payload = message["attachment"]["payload"]
            kind = message["attachment"]["type"]
            file = file or self.attachments.get(payload.get("attachment_id", ""))
            if kind == "template":
                kind, text = payload["template_type"], payload.get("text", "")
                parts = payload.get("buttons", []) + [
                    button for element in payload.get("elements", []) for button in element.get("buttons", [])
                ]
                choices += [(button.get("payload") or button["url"], button["title"]) for button in parts]
        seen = Seen(
            at=self.ledger.now(),
            platform="messenger",
            to=to,
            id=f"m_OUT{next(_ids):012d}",
            kind=kind,
            text=text,
            choices=tuple(choices),
            file=file,
            callback=message.get("metadata", ""),
            body=body,
        )
        self._take(seen)
        return 200, {"recipient_id": to, "message_id": seen.id}

    def _take(self, seen: Seen) -> None:
        self.ledger.seen.append(seen)
        for tell in self.on_message:
            tell(seen)

    async def upload(self, request: web.Request) -> web.Response:
        """`/{number}/media`."""
        body, files = await self._body(request)
        refusal = self._refusal(request, "whatsapp")
        if refusal:
            return self._answer(request, "whatsapp", body, refusal, 401)
        fault = self.ledger.fault("whatsapp", request.path)
        if fault:
            return await self._faulted(request, "whatsapp", body, fault)
        if body.get("messaging_product") != "whatsapp" or "file" not in files or body.get("type") != files["file"].mime:
            return self._answer(request, "whatsapp", body, fault_body(100, "file, type or product missing"), 400)
        return self._answer(request, "whatsapp", body, {"id": self.keep(files["file"])})

    def keep(self, file: File) -> str:
        """Store a file as WhatsApp media; a customer's picture, say."""
        media_id = f"9{next(_ids):014d}"
        self.media[media_id] = file
        return media_id

    async def attach(self, request: web.Request) -> web.Response:
        """`/{page}/message_attachments`."""
        body, files = await self._body(request)
        refusal = self._refusal(request, "messenger")
        if refusal:
            return self._answer(request, "messenger", body, refusal, 401)
        fault = self.ledger.fault("messenger", request.path)
        if fault:
            return await self._faulted(request, "messenger", body, fault)
        if "filedata" not in files or "message" not in body:
            return self._answer(request, "messenger", body, fault_body(100, "filedata or message missing"), 400)
        attachment_id = f"8{next(_ids):014d}"
        self.attachments[attachment_id] = files["filedata"]
        return self._answer(request, "messenger", body, {"attachment_id": attachment_id})

    async def node(self, request: web.Request) -> web.Response:
        """`GET /{media id}`, and the objects that `sathi channel check` asks about."""
        node = request.match_info["node"]
        if node in ("debug_token", "me"):
            return self._answer(request, "meta", {}, self._about(request, node))
        platform = "messenger" if node == self.page_id else "whatsapp"
        refusal = self._refusal(request, platform)
        if refusal:
            return self._answer(request, platform, {}, refusal, 401)
        if node in self.media:
            file = self.media[node]
            url = f"http://{request.host}/graph/v25.0/media-file/{node}"
            answer = {"url": url, "mime_type": file.mime, "sha256": "x", "file_size": len(file.content), "id": node}
            return self._answer(request, platform, {}, answer | {"messaging_product": "whatsapp"})
        if node == self.phone_number_id:
            answer = {"id": node, "display_phone_number": "+1 555-000-1111", "verified_name": "Fake"}
            return self._answer(request, platform, {}, answer | {"quality_rating": "GREEN"})
        if node == self.page_id:
            return self._answer(request, platform, {}, {"id": node, "name": "Fake page"})
        return self._answer(request, platform, {}, fault_body(100, "Object does not exist", 33), 400)

    def _about(self, request: web.Request, node: str) -> dict[str, Any]:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        known = {self.whatsapp_token: ("system", "Fake system user"), self.page_token: (self.page_id, "Fake page")}
        if token not in known:
            return fault_body(190, "Error validating access token")
        return {"id": known[token][0], "name": known[token][1]}

    async def download(self, request: web.Request) -> web.Response:
        """The second step of a media download: the bytes, with the token again."""
        refusal = self._refusal(request, "whatsapp")
        if refusal:
            return self._answer(request, "whatsapp", {}, refusal, 401)
        fault = self.ledger.fault("whatsapp", request.path)
        if fault:
            return await self._faulted(request, "whatsapp", {}, fault)
        file = self.media.get(request.match_info["id"])
        if file is None:
            raise web.HTTPNotFound
        self.ledger.note("whatsapp", "GET", request.path, {}, 200)
        return web.Response(body=file.content, content_type=file.mime)

    async def cdn(self, request: web.Request) -> web.Response:
        """Where Messenger's webhooks lead to for a customer's file; it wants no token."""
        file = self.media.get(request.match_info["id"])
        if file is None:
            raise web.HTTPNotFound
        self.ledger.note("messenger", "GET", request.path, {}, 200)
        return web.Response(body=file.content, content_type=file.mime)

    async def messenger_profile(self, request: web.Request) -> web.Response:
        """`/me/messenger_profile`."""
        body, _ = await self._body(request)
        refusal = self._refusal(request, "messenger")
        if refusal:
            return self._answer(request, "messenger", body, refusal, 401)
        if request.method == "GET":
            wanted = request.query.get("fields", "").split(",")
            found = {name: value for name, value in self.profile.items() if name in wanted}
            return self._answer(request, "messenger", {}, {"data": [found] if found else []})
        if request.method == "DELETE":
            for name in body.get("fields", []):
                self.profile.pop(name, None)
        else:
            self.profile |= body
        return self._answer(request, "messenger", body, {"result": "success"})

    async def persona(self, request: web.Request) -> web.Response:
        """`/{page}/personas`."""
        body, _ = await self._body(request)
        refusal = self._refusal(request, "messenger")
        if refusal:
            return self._answer(request, "messenger", body, refusal, 401)
        if request.method == "GET":
            return self._answer(request, "messenger", {}, {"data": self.personas})
        if not 1 <= len(str(body.get("name", ""))) <= 50 or not str(body.get("profile_picture_url")).startswith(
            "https"
        ):
            return self._answer(request, "messenger", body, fault_body(100, "name or picture"), 400)
        self.personas.append({"id": f"5{len(self.personas) + 1:014d}", **body})
        return self._answer(request, "messenger", body, {"id": self.personas[-1]["id"]})

    async def thread(self, request: web.Request) -> web.Response:
        """`/{page}/pass_thread_control` and `take_thread_control`."""
        body, _ = await self._body(request)
        refusal = self._refusal(request, "messenger")
        if refusal:
            return self._answer(request, "messenger", body, refusal, 401)
        owner = str(body.get("target_app_id") or "") if request.match_info["what"] == "pass" else self.app_id
        if not owner:
            return self._answer(request, "messenger", body, fault_body(100, "target_app_id"), 400)
        self.threads[str(body["recipient"]["id"])] = owner
        return self._answer(request, "messenger", body, {"success": True})

    async def subscriptions(self, request: web.Request) -> web.Response:
        """`/{business account or page}/subscribed_apps`."""
        node = request.match_info["node"]
        platform = "messenger" if node == self.page_id else "whatsapp"
        refusal = self._refusal(request, platform)
        if refusal:
            return self._answer(request, platform, {}, refusal, 401)
        if request.method == "GET":
            fields = self.subscribed.get(node)
            if platform == "whatsapp":
                own = {"override_callback_uri": self.overrides[node]} if node in self.overrides else {}
                data = [{"whatsapp_business_api_data": {"id": self.app_id, "name": "Fake app"}, **own}]
            else:
                data = [{"id": self.app_id, "name": "Fake app", "subscribed_fields": fields}]
            return self._answer(request, platform, {}, {"data": [] if fields is None else data})
        body, _ = await self._body(request)
        fields = str(request.query.get("subscribed_fields") or body.get("subscribed_fields") or "")
        self.subscribed[node] = [name for name in fields.split(",") if name]
        if body.get("override_callback_uri"):
            self.overrides[node] = str(body["override_callback_uri"])
        return self._answer(request, platform, body, {"success": True})

    async def app_webhooks(self, request: web.Request) -> web.Response:
        """`/{app}/subscriptions`, for the app's own token alone."""
        if request.headers.get("Authorization") != f"Bearer {self.app_id}|{self.app_secret}":
            return self._answer(request, "meta", {}, fault_body(190, "Invalid OAuth access token signature."), 400)
        data = [
            {
                "object": kind,
                "callback_url": entry.get("callback_url", f"{PUBLIC}/webhooks/{NAMES[kind]}"),
                "active": True,
                "fields": [{"name": name, "version": "v25.0"} for name in entry["fields"]],
            }
            for kind, entry in self.webhooks.items()
        ]
        return self._answer(request, "meta", {}, {"data": data})

    async def account_numbers(self, request: web.Request) -> web.Response:
        """`/{business account}/phone_numbers`."""
        refusal = self._refusal(request, "whatsapp")
        if refusal:
            return self._answer(request, "whatsapp", {}, refusal, 401)
        return self._answer(request, "whatsapp", {}, {"data": [{"id": number} for number in self.numbers]})

    # Deliveries

    def whatsapp_delivery(self, *values: dict[str, Any], field: str = "messages") -> dict[str, Any]:
        """One delivery with a change for each value."""
        head = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": self.phone_number_id},
        }
        changes = [{"field": field, "value": head | value} for value in values]
        return {"object": "whatsapp_business_account", "entry": [{"id": self.business_id, "changes": changes}]}

    def whatsapp_message(
        self, phone: str, content: dict[str, Any], *, at: float | None = None, id: str = ""
    ) -> dict[str, Any]:
        """A `value` with one message of a person, known by phone and by business-scoped id."""
        number = phone.lstrip("+")
        user_id = self.bsuids.setdefault(number, f"BD.{int(number) * 7919}")
        message = {
            "id": id or f"wamid.IN{next(_ids):012d}",
            "from": number,
            "from_user_id": user_id,
            "timestamp": str(int(at or time.time())),
        }
        contact = {"profile": {"name": f"Customer {number[-4:]}"}, "wa_id": number, "user_id": user_id}
        return {"contacts": [contact], "messages": [message | content]}

    def whatsapp_status(self, seen: Seen, status: str, *, at: float | None = None, code: int = 0) -> dict[str, Any]:
        """A `value` with one status of a message that was taken."""
        item: dict[str, Any] = {
            "id": seen.id,
            "status": status,
            "timestamp": str(int(at or time.time())),
            "recipient_id": seen.to.lstrip("+"),
        }
        if seen.callback:
            item["biz_opaque_callback_data"] = seen.callback
        if status == "failed":
            item["errors"] = [{"code": code or 131026, "title": "Fault", "error_data": {"details": "as told"}}]
        return {"statuses": [item]}

    def messenger_delivery(self, *events: dict[str, Any], standby: bool = False) -> dict[str, Any]:
        """One delivery with all events in one entry."""
        key = "standby" if standby else "messaging"
        return {"object": "page", "entry": [{"id": self.page_id, "time": int(time.time() * 1000), key: list(events)}]}

    def messenger_event(self, psid: str, content: dict[str, Any], *, at: float | None = None) -> dict[str, Any]:
        """One event of a person."""
        event = {
            "sender": {"id": psid},
            "recipient": {"id": self.page_id},
            "timestamp": int((at or time.time()) * 1000),
        }
        content = dict(content)
        if "message" in content:
            content["message"] = {"mid": f"m_IN{next(_ids):012d}"} | content["message"]
        if "postback" in content:
            content["postback"] = {"mid": f"m_IN{next(_ids):012d}"} | content["postback"]
        return event | content
