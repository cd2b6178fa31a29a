"""The fake Bot API, and the updates that it delivers."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import defaultdict
from typing import Any

from aiohttp import web

from tests.fakes import rules
from tests.fakes.ledger import Bucket, File, Ledger, Seen, Window

_ids = itertools.count(1)


class FakeTelegram:
    """One bot."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.token = "700000001:fake-telegram-bot-token"
        self.secret = "fake-telegram-secret-token-0001"
        self.files: dict[str, File] = {}
        self.webhook: dict[str, Any] = {"url": "", "pending_update_count": 0}
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.profile: dict[str, str] = {}
        self.blocked: set[str] = set()
        self.answered: list[str] = []
        self.enforce_limits = True
        self._chats: dict[str, Bucket] = defaultdict(lambda: Bucket(per_second=1, burst=20))
        self._second = Window(30)
        self.on_message: list[Any] = []
        self._updates = itertools.count(900_000_001)

    @property
    def account(self) -> str:
        return self.token.partition(":")[0]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/telegram/file/bot{token}/{path:.+}", self.download),
            web.route("*", "/telegram/bot{token}/{method}", self.call),
        ]

    async def _fields(self, request: web.Request) -> tuple[dict[str, Any], dict[str, File]]:
        fields: dict[str, Any] = {}
        files: dict[str, File] = {}
        if request.content_type == "application/json":
            return await request.json(), files
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = File(name=value.filename, mime=value.content_type, content=value.file.read())
                continue
            try:
                fields[name] = json.loads(str(value)) if str(value)[:1] in "[{" else value
            except ValueError:
                fields[name] = value
        # A file may be named by another field, as attach://name.
        for name, value in list(fields.items()):
            if isinstance(value, str) and value.startswith("attach://"):
                files[name] = files[value[9:]]
        return fields, files

    async def call(self, request: web.Request) -> web.Response:
        """Any method."""
        method = request.match_info["method"]
        fields, files = await self._fields(request)
        if request.match_info["token"] != self.token:
            return self._answer(request, fields, 401, description="Unauthorized")
        fault = self.ledger.fault("telegram", f"/{method}/messages" if method.startswith("send") else f"/{method}")
        if fault and not fault.accept:
            if fault.delay:
                await asyncio.sleep(fault.delay)
            self.ledger.note("telegram", request.method, request.path, fields, 0 if fault.drop else fault.status)
            if fault.drop:
                assert request.transport is not None
                request.transport.close()
            return web.json_response(fault.body, status=fault.status, headers=fault.headers)
        try:
            rules.telegram(method, fields, files)
        except rules.Wrong as error:
            return self._answer(request, fields, 400, description=f"Bad Request: {error}")
        handler = getattr(self, f"_{method}", None)
        if handler is None:
            return self._answer(request, fields, 404, description="Not Found")
        return handler(request, fields, files)

    def _answer(
        self,
        request: web.Request,
        fields: dict[str, Any],
        status: int,
        result: Any = None,
        description: str = "",
        **parameters: Any,
    ) -> web.Response:
        path = request.path.replace(self.token, "<token>")
        self.ledger.note("telegram", request.method, path, fields, status)
        if status == 200:
            return web.json_response({"ok": True, "result": result})
        body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
        return web.json_response(body | ({"parameters": parameters} if parameters else {}), status=status)

    def _me(self) -> dict[str, Any]:
        return {"id": int(self.account), "is_bot": True, "first_name": "Fake", "username": "fake_bot"}

    def _getMe(self, request: web.Request, fields: dict[str, Any], files: dict[str, File]) -> web.Response:
        return self._answer(request, fields, 200, self._me())

    def _message(self, request: web.Request, fields: dict[str, Any], kind: str, file: File | None) -> web.Response:
        chat = str(fields["chat_id"])
        if chat in self.blocked:
            return self._answer(request, fields, 403, description="Forbidden: bot was blocked by the user")
        if self.enforce_limits:
            now = self.ledger.now()
            if not self._second.take(now) or not self._chats[chat].take(now):
                return self._answer(request, fields, 429, description="Too Many Requests: retry after 1", retry_after=1)
        markup = fields.get("reply_markup") or {}
        keys = [key for row in markup.get("inline_keyboard", []) + markup.get("keyboard", []) for key in row]
        number = next(_ids)
        seen = Seen(
            at=self.ledger.now(),
            platform="telegram",
            to=chat,
            id=f"{chat}:{number}",
            kind=kind,
            text=str(fields.get("text") or fields.get("caption") or ""),
            choices=tuple((str(key.get("callback_data") or key.get("url") or ""), key["text"]) for key in keys),
            file=file,
            body=fields,
        )
        self.ledger.seen.append(seen)
        for tell in self.on_message:
            tell(seen)
        result: dict[str, Any] = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": int(chat), "type": "private"},
            "from": self._me(),
        }
        if seen.text:
            result["caption" if file else "text"] = seen.text
        return self._answer(request, fields, 200, result)

    def _sendMessage(self, request: web.Request, fields: dict[str, Any], files: dict[str, File]) -> web.Response:
        return self._message(request, fields, "text", None)

    def _sendDocument(self, request: web.Request, fields: dict[str, Any], files: dict[str, File]) -> web.Response:
        return self._message(request, fields, "document", files.get("document"))

    def _sendPhoto(self, request: web.Request, fields: dict[str, Any], files: dict[str, File]) -> web.Response:
        return self._message(request, fields, "photo", files.get("photo"))

    def _sendLocation(self, request: web.Request, fields: dict[str, Any], files: dict[str, File]) -> web.Response:
        return self._message(request, fields, "location", None)

    def _true(self, request: web.Request, fields: dict[str, Any], files: dict[str, File]) -> web.Response:
        return self._answer(request, fields, 200, True)

    def _sendChatAction(self, request: web.Request, fields: dict[str, Any], files: dict[str, File]) -> web.Response:
        self.ledger.acknowledged.append(f"{fields['chat_id']}:{fields['action']}")
        return self._true(request, fields, files)

    def _answerCallbackQuery(
        self, request: web.Request, fields: dict[str, Any], files: dict[str, File]
    ) -> web.Response:
        self.answered.append(str(fields["callback_query_id"]))
        return self._true(request, fields, files)

    _editMessageReplyMarkup = _true

    def _setWebhook(self, request: web.Request, fields: dict[str, Any], files: dict[str, File]) -> web.Response:
        self.webhook = {"pending_update_count": 0, "has_custom_certificate": False} | fields
        self.webhook.pop("secret_token", None)
        return self._true(request, fields, files)

    def _getWebhookInfo(self, request: web.Request, fields: dict[str, Any], files: dict[str, File]) -> web.Response:
        return self._answer(request, fields, 200, {"has_custom_certificate": False} | self.webhook)

    def _setMyCommands(self, request: web.Request, fields: dict[str, Any], files: dict[str, File]) -> web.Response:
        self.commands[str(fields.get("language_code") or "")] = fields["commands"]
        return self._true(request, fields, files)

    def _getMyCommands(self, request: web.Request, fields: dict[str, Any], files: dict[str, File]) -> web.Response:
        return self._answer(request, fields, 200, self.commands.get(str(fields.get("language_code") or ""), []))

    def _getFile(self, request: web.Request, fields: dict[str, Any], files: dict[str, File]) -> web.Response:
        file_id = str(fields["file_id"])
        if file_id not in self.files:
            return self._answer(request, fields, 400, description="Bad Request: invalid file_id")
        size = len(self.files[file_id].content)
        result = {"file_id": file_id, "file_unique_id": file_id, "file_size": size, "file_path": f"documents/{file_id}"}
        return self._answer(request, fields, 200, result)

    async def download(self, request: web.Request) -> web.Response:
        """A file's bytes."""
        file = self.files.get(request.match_info["path"].rpartition("/")[2])
        if request.match_info["token"] != self.token or file is None:
            raise web.HTTPNotFound(text="")
        self.ledger.note("telegram", "GET", "/file", {}, 200)
        return web.Response(body=file.content, content_type="application/octet-stream")

    def update(
        self, chat: int, content: dict[str, Any], *, at: float | None = None, kind: str = "message"
    ) -> dict[str, Any]:
        """An update with a message of a person in their private chat."""
        person = {"id": chat, "is_bot": False, "first_name": f"Customer {chat}", "language_code": "bn"}
        if kind == "callback_query":
            place = {"message_id": next(_ids), "date": int(at or time.time()), "chat": {"id": chat, "type": "private"}}
            inner = {"id": str(next(_ids)), "from": person, "message": place, "chat_instance": "c"} | content
        else:
            inner = {
                "message_id": next(_ids),
                "date": int(at or time.time()),
                "from": person,
                "chat": {"id": chat, "type": "private"},
            } | content
        return {"update_id": next(self._updates), kind: inner}
