"""A Chatwoot account with one inbox of the channel API, written from its public API reference; no code of ours in it.

Contacts, conversations, messages both ways, statuses, members; signed webhooks to the inbox's callback. An agent is
played by `write`, `note`, `set_status`, `assign`.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, web

TOKEN, SECRET, ACCOUNT, INBOX = "agent-access-token", "inbox-webhook-secret-0123456789", 7, 45
KINDS = {"incoming": 0, "outgoing": 1}
BOT_USER = 900


async def _read(request: web.Request) -> tuple[dict[str, Any], list[tuple[str, str, bytes]]]:
    """A message as JSON, or as a form with its files; attributes are a string there."""
    if request.content_type == "application/json":
        return await request.json(), []
    form = await request.post()
    body = {name: value for name, value in form.items() if isinstance(value, str)}
    assert body["private"] in ("true", "false")
    body |= {"private": body["private"] == "true", "content_attributes": json.loads(body["content_attributes"])}
    files = [one for one in form.getall("attachments[]") if isinstance(one, web.FileField)]
    return body, [(one.filename, one.content_type, one.file.read()) for one in files]


class FakeChatwoot:
    """One account in memory. `faults` are answered in turn instead of the next calls: `down` before anything is done,
    `lost` after it was done, so that the caller cannot know."""

    def __init__(self) -> None:
        self.url = ""
        self.callback = ""
        self.contacts: dict[int, dict[str, Any]] = {}
        self.conversations: dict[int, dict[str, Any]] = {}
        self.agents = [{"id": 3, "name": "Salma", "availability_status": "online"}]
        self.faults: list[str] = []
        self.calls: list[str] = []
        self.deliveries: list[int] = []
        self._ids = itertools.count(100)
        self._http: ClientSession | None = None

    # What an agent sees and does.

    def said(self, conversation: int, *, private: bool = False) -> list[str]:
        """The public messages, or the private notes, of a conversation."""
        return [one["content"] for one in self.conversations[conversation]["messages"] if one["private"] is private]

    def files(self, conversation: int) -> list[tuple[str, str, bytes]]:
        """Name, type and content of every file."""
        return [file for one in self.conversations[conversation]["messages"] for file in one.get("files", ())]

    async def write(self, conversation: int, text: str, agent: int = 3, times: int = 1) -> list[int]:
        """An agent answers; the webhook is delivered so many times."""
        message = self._message(conversation, text, "outgoing", private=False, sender=self._agent(agent))
        return [await self._message_created(conversation, message) for _ in range(times)]

    async def note(self, conversation: int, text: str) -> int:
        message = self._message(conversation, text, "outgoing", private=True, sender=self._agent(3))
        return await self._message_created(conversation, message)

    async def set_status(self, conversation: int, status: str, agent: int | None = 3, times: int = 1) -> list[int]:
        """An agent resolves, reopens, snoozes, or gives back to the bot (pending)."""
        self.conversations[conversation]["status"] = status
        return await self._changed(conversation, "conversation_status_changed", agent, times)

    async def assign(self, conversation: int, agent: int = 3) -> list[int]:
        return await self._changed(conversation, "conversation_updated", agent, 1)

    # Webhooks.

    async def deliver(
        self, event: dict[str, Any], *, secret: str = SECRET, stamp: int | None = None, tamper: bool = False
    ) -> int:
        """Post an event to the inbox's callback, signed like Chatwoot does."""
        body = json.dumps(event).encode()
        at = str(int(time.time()) if stamp is None else stamp)
        digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Chatwoot-Signature": f"sha256={digest}",
            "X-Chatwoot-Timestamp": at,
            "X-Chatwoot-Delivery": str(next(self._ids)),
        }
        assert self._http is not None
        async with self._http.post(self.callback, data=body + b" " * tamper, headers=headers) as answer:
            self.deliveries.append(answer.status)
            return answer.status

    def message_event(self, conversation: int, message: dict[str, Any]) -> dict[str, Any]:
        return {
            "event": "message_created",
            **{key: message[key] for key in ("id", "content", "private", "content_attributes", "sender", "created_at")},
            "message_type": message["kind"],
            "content_type": "text",
            "source_id": None,
            "inbox": {"id": INBOX, "name": "Bijli"},
            "conversation": self._shown(conversation),
            "account": {"id": ACCOUNT, "name": "Power"},
        }

    async def _message_created(self, conversation: int, message: dict[str, Any]) -> int:
        return await self.deliver(self.message_event(conversation, message))

    async def _changed(self, conversation: int, event: str, agent: int | None, times: int) -> list[int]:
        shown = self._shown(conversation) | {"event": event, "timestamp": next(self._ids)}
        shown["meta"]["assignee"] = self._agent(agent) if agent else None
        return [await self.deliver(shown) for _ in range(times)]

    def _agent(self, id: int) -> dict[str, Any]:
        known = next((agent for agent in self.agents if agent["id"] == id), {"id": id, "name": f"Agent {id}"})
        return {"id": id, "name": known["name"], "email": f"agent{id}@example.org", "type": "user"}

    def _shown(self, conversation: int) -> dict[str, Any]:
        known = self.conversations[conversation]
        return {
            "id": conversation,
            "inbox_id": INBOX,
            "status": known["status"],
            "channel": "Channel::Api",
            "can_reply": True,
            "contact_inbox": {"contact_id": known["contact"], "inbox_id": INBOX, "source_id": known["source"]},
            "meta": {"sender": {"id": known["contact"], "type": "contact"}, "assignee": None},
            "timestamp": int(time.time()),
        }

    def _message(
        self, conversation: int, text: str, kind: str, *, private: bool, sender: dict[str, Any], **attributes: Any
    ) -> dict[str, Any]:
        message = {
            "id": next(self._ids),
            "content": text,
            "kind": kind,
            "message_type": KINDS[kind],
            "private": private,
            "content_attributes": attributes,
            "sender": sender,
            "created_at": "2026-10-20T06:00:00.000Z",
            "conversation_id": conversation,
        }
        self.conversations[conversation]["messages"].append(message)
        return message

    # The API.

    async def _create_contact(self, request: web.Request) -> web.Response:
        body = await request.json()
        if any(contact["identifier"] == body["identifier"] for contact in self.contacts.values()):
            return web.json_response({"message": "Identifier has already been taken"}, status=422)
        assert body["inbox_id"] == INBOX
        id = next(self._ids)
        source = f"source-{id}"
        inboxes = [{"source_id": source, "inbox": {"id": INBOX}}]
        self.contacts[id] = {"id": id, "contact_inboxes": inboxes, **body}
        inbox = {"inbox": {"id": INBOX}, "source_id": source}
        return web.json_response({"payload": {"contact": self.contacts[id], "contact_inbox": inbox}})

    async def _search(self, request: web.Request) -> web.Response:
        query = request.query["q"]
        found = [one for one in self.contacts.values() if query in one["identifier"] or query in one["name"]]
        return web.json_response({"meta": {"count": len(found)}, "payload": found})

    async def _create_conversation(self, request: web.Request) -> web.Response:
        body = await request.json()
        contact = self.contacts[body["contact_id"]]
        assert body["inbox_id"] == INBOX and body["source_id"] == contact["contact_inboxes"][0]["source_id"]
        id = next(self._ids)
        self.conversations[id] = {
            "status": body.get("status", "open"),
            "contact": contact["id"],
            "source": body["source_id"],
            "messages": [],
            **{key: body.get(key) for key in ("additional_attributes", "custom_attributes")},
        }
        return web.json_response(self._shown(id))

    async def _messages(self, request: web.Request) -> web.Response:
        known = self.conversations[int(request.match_info["id"])]
        # Files are told of, never sent along.
        told = [{key: value for key, value in one.items() if key != "files"} for one in known["messages"]]
        return web.json_response({"meta": {}, "payload": told})

    async def _create_message(self, request: web.Request) -> web.Response:
        id = int(request.match_info["id"])
        body, files = await _read(request)
        known = self.conversations[id]
        kind = body.get("message_type", "outgoing")
        sender = {"id": known["contact"], "type": "contact"} if kind == "incoming" else self._agent(BOT_USER)
        attributes = body.get("content_attributes") or {}
        message = self._message(
            id, body["content"], kind, private=body.get("private", False), sender=sender, **attributes
        )
        message["files"] = files
        if kind == "incoming" and known["status"] in ("resolved", "snoozed"):
            known["status"] = "open"
        # Chatwoot tells of what was made over the API too.
        assert await self._message_created(id, message) == 200
        return web.json_response({key: message[key] for key in ("id", "content", "message_type", "content_attributes")})

    async def _prioritise(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert body["priority"] in ("urgent", "high", "medium", "low", "none")
        self.conversations[int(request.match_info["id"])]["priority"] = body["priority"]
        return web.Response(status=200)

    async def _toggle(self, request: web.Request) -> web.Response:
        body, id = await request.json(), int(request.match_info["id"])
        assert body["status"] in ("open", "resolved", "pending", "snoozed")
        changed = self.conversations[id]["status"] != body["status"]
        self.conversations[id]["status"] = body["status"]
        if changed:
            await self._changed(id, "conversation_status_changed", None, 1)
        payload = {"success": True, "current_status": body["status"], "conversation_id": id}
        return web.json_response({"meta": {}, "payload": payload})

    async def _members(self, request: web.Request) -> web.Response:
        return web.json_response({"payload": self.agents})

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls.append(f"{request.method} {request.path}")
        if request.headers.get("api_access_token") != TOKEN:
            return web.json_response({"errors": ["Invalid Access Token"]}, status=401)
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "down":
            return web.Response(status=503)
        answer: web.StreamResponse = await handler(request)
        if fault == "lost":
            assert request.transport is not None
            request.transport.abort()
        return answer

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[FakeChatwoot]:
        """On a free port."""
        app = web.Application(middlewares=[self._gate])
        base = f"/api/v1/accounts/{ACCOUNT}"
        app.router.add_post(f"{base}/contacts", self._create_contact)
        app.router.add_get(f"{base}/contacts/search", self._search)
        app.router.add_post(f"{base}/conversations", self._create_conversation)
        app.router.add_get(f"{base}/conversations/{{id}}/messages", self._messages)
        app.router.add_post(f"{base}/conversations/{{id}}/messages", self._create_message)
        app.router.add_post(f"{base}/conversations/{{id}}/toggle_status", self._toggle)
        app.router.add_post(f"{base}/conversations/{{id}}/toggle_priority", self._prioritise)
        app.router.add_get(f"{base}/inbox_members/{INBOX}", self._members)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with ClientSession() as self._http:
            try:
                yield self
            finally:
                await runner.cleanup()
