"""Facebook Messenger, for the messages of one Page.

Set up (docs/channels/messenger.md has it step by step):
1. A Meta app with the product Messenger and Advanced Access to pages_messaging and pages_manage_metadata.
2. SATHI_META_APP_SECRET, SATHI_META_VERIFY_TOKEN, SATHI_MESSENGER_PAGE_ID, SATHI_MESSENGER_PAGE_TOKEN,
   SATHI_MESSENGER_APP_ID (tells our own echoes from a person's in the Page inbox).
3. Callback address https://<host>/webhooks/messenger; then `sathi channel setup` subscribes the Page and writes
   greeting, menu and ice breakers.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors import _graph, _messenger_parse, _messenger_setup
from connectors._clean import identifier
from connectors._graph import Graph, Rule, down, later, never, slow
from connectors._shape import BARE, Draft, is_web
from connectors._split import cut, split
from connectors.base import Channel, Connector, Outgoing, Tools, Upload, Webhook
from connectors.setup import Finding, Plan
from core.errors import Ambiguous, Refused, SendError, Unreachable, WindowClosed
from core.messages import Actor, Event, MediaRef, OutgoingMessage, QuickReply, SendResult

# Limits: channels.md §3.6.
MAX_TEXT = 1999  # "less than 2000"
MAX_TEMPLATE_TEXT = 640
MAX_QUICK_REPLIES, MAX_BUTTONS, TITLE = 13, 3, 20
MAX_CARDS, CARD_TEXT = 10, 80
MAX_FILE = 25 << 20
PAGE_INBOX = "263902037430900"  # the Page inbox as an app, for handing over (channels.md §3.5)
PERSONA_SECONDS = 600.0
DIALLED = re.compile(r"\+[1-9][0-9]{6,14}")
NEVER_TWICE = ("code", "document")
# channels.md §3.7.
ERRORS: _graph.Table = {
    1: later(doubtful=True),
    (1, 1357046): Rule(error=Ambiguous),
    (1, 99): down(),
    2: later(),
    4: slow(60.0),
    17: slow(60.0),
    32: slow(60.0),
    613: slow(),
    10: down(),
    (10, 1893063): down(),
    (10, 2018278): never(WindowClosed),
    (10, 2534022): never(WindowClosed),
    (10, 2018108): never(Unreachable),
    100: never(),
    (100, 2018001): never(Unreachable),
    190: down(),
    (200, 1545041): never(WindowClosed),
    1545041: never(WindowClosed),
    368: down(),
    551: never(Unreachable),
}


class MessengerConnector(Connector):
    """One Page."""

    channel_type = "messenger"
    max_text = MAX_TEXT
    secret_fields = ("access_token", "app_secret", "verify_token")
    asks_phone = True

    def __init__(self, tools: Tools, part: Any = None) -> None:
        super().__init__(tools, part)
        self.graph = Graph(tools, ERRORS)
        self._personas: dict[str, tuple[float, dict[str, str]]] = {}

    def verify(self, request: Webhook, channel: Channel) -> None:
        _graph.verify(request, channel)

    def handshake(self, query: Mapping[str, str], channel: Channel) -> str | None:
        return _graph.handshake(query, channel)

    def parse(self, payload: Any, channel: Channel) -> list[Event]:
        return _messenger_parse.parse(payload, channel)

    def fit(self, message: OutgoingMessage, channel: Channel) -> list[OutgoingMessage]:
        draft = Draft.of(message)
        if draft.message.template and not (draft.message.text or draft.message.choices or draft.message.attachment):
            return draft.finished([draft.part()])
        if is_carousel(draft.message):
            draft.clip_titles(CARD_TEXT)
            draft.clip_descriptions(CARD_TEXT)
            draft.note("the choices are cards")
            return draft.finished(_cards(draft))
        draft.describe_choices()
        draft.clip_titles(TITLE)
        if len(draft.message.choices) + (draft.message.ask == "phone") > MAX_QUICK_REPLIES:
            draft.number_choices()
        _fit_buttons(draft)
        place = draft.message.location
        if place:
            draft.note("the place was written into the text")
            draft.add_line(f"{place.label} ({place.latitude:.5f}, {place.longitude:.5f})".strip())
            draft.change(location=None)
        return draft.finished(_parts(draft))

    async def send(self, outgoing: Outgoing, channel: Channel) -> SendResult:
        message = outgoing.message
        scheme, _, person = outgoing.address.partition(":")
        if scheme != "messenger" or not person:
            raise Refused("the address is not one of Messenger's", code="address")
        if message.thread and not (message.text or message.attachment):
            return await self._hand_over(person, message.thread, channel)
        by_person = message.author is Actor.OPERATOR
        if message.template is not None and (not outgoing.reply_window_open or not message.text):
            return await self._post(_as_template(message, person), outgoing, channel)
        if not outgoing.reply_window_open and not by_person:
            raise WindowClosed("the person's last message is older than 24 hours", code="window")
        attachment_id = await self._upload(message, channel) if message.attachment else ""
        body: dict[str, Any] = {"recipient": {"id": person}}
        if outgoing.reply_window_open:
            body["messaging_type"] = "UPDATE" if message.purpose == "notice" else "RESPONSE"
        else:
            # Up to seven days, and only for words that a person wrote (channels.md §3.2).
            body |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        body["message"] = payload(message, attachment_id)
        if message.reply_to:
            body["reply_to"] = {"mid": message.reply_to}
        if message.thread == "pass":
            body["thread_control"] = {"control_type": "pass", "app_id": PAGE_INBOX}
        if message.persona and by_person and (persona := await self._persona(message.persona, channel)):
            body["persona_id"] = persona
        return await self._post(body, outgoing, channel)

    async def _post(self, body: dict[str, Any], outgoing: Outgoing, channel: Channel) -> SendResult:
        """The one call, with the key that its echo brings back."""
        if outgoing.callback:
            body["message"]["metadata"] = outgoing.callback[:999]
        once = outgoing.message.purpose in NEVER_TWICE
        document = await self.graph.call(channel, "POST", f"{channel.account_id}/messages", json=body, once=once)
        external_id = identifier(document.get("message_id"))
        if not external_id:
            raise Ambiguous("the answer has no message id", code="unreadable")
        load = self.graph.load_of(channel)
        return SendResult(external_id=external_id, address=outgoing.address, load=load.percent, pause=load.pause)

    async def _hand_over(self, person: str, thread: str, channel: Channel) -> SendResult:
        """Pass a conversation to the Page's inbox, or take it back, without a word (channels.md §3.5)."""
        body: dict[str, Any] = {"recipient": {"id": person}}
        if thread == "pass":
            body["target_app_id"] = int(PAGE_INBOX)
        await self.graph.safely(channel, "POST", f"{channel.account_id}/{thread}_thread_control", json=body)
        return SendResult(external_id="", address=f"messenger:{person}")

    async def _persona(self, name: str, channel: Channel) -> str:
        """The persona that `sathi channel setup` made for this name, else the one for all of us, else none."""
        personas = self._personas.get(channel.key)
        if personas is None or personas[0] < time.monotonic():
            try:
                found = await _messenger_setup.personas(self.graph, channel)
            except SendError:
                # A face beside the words is not worth holding them back for.
                found = {}
            personas = self._personas[channel.key] = (time.monotonic() + PERSONA_SECONDS, found)
        return personas[1].get(name) or next(iter(personas[1].values()), "")

    async def acknowledge(self, address: str, external_id: str, channel: Channel) -> None:
        person = address.partition(":")[2]
        for action in ("mark_seen", "typing_on"):
            body = {"recipient": {"id": person}, "sender_action": action}
            await self.graph.safely(channel, "POST", f"{channel.account_id}/messages", json=body, seconds=5.0)

    async def fetch(self, media: MediaRef, channel: Channel, max_bytes: int = 25 << 20) -> Upload:
        """The address in the webhook leads to Meta's file servers; they want no token (channels.md §3.1)."""
        return await self.graph.load(
            channel, media.ref, name=media.name, mime=media.mime, bearer=False, max_bytes=max_bytes
        )

    async def check(self, channel: Channel, plan: Plan) -> list[Finding]:
        return await _messenger_setup.check(self.graph, channel, plan)

    async def setup(self, channel: Channel, plan: Plan) -> list[Finding]:
        return await _messenger_setup.setup(self.graph, channel, plan)

    async def _upload(self, message: OutgoingMessage, channel: Channel) -> str:
        """Give a file to Meta first: that shows the customer nothing, so it may be repeated."""
        assert message.attachment is not None
        file = await self.tools.load(message.attachment)
        if len(file.content) > MAX_FILE:
            raise Refused(f"the file is bigger than {MAX_FILE} bytes", code="too_big")
        shape = {"attachment": {"type": file_kind(file.mime), "payload": {"is_reusable": True}}}
        document = await self.graph.safely(
            channel,
            "POST",
            f"{channel.account_id}/message_attachments",
            form={"message": json.dumps(shape), "filedata": file},
            seconds=_graph.UPLOAD_SECONDS,
        )
        attachment_id = identifier(document.get("attachment_id"))
        if not attachment_id:
            raise Refused("the upload gave no id", code="no_media_id")
        return attachment_id


def _fit_buttons(draft: Draft) -> None:
    """Link and telephone number become buttons where a button template can hold all there is; else they are text."""
    message = draft.message
    if message.call and not DIALLED.fullmatch(message.call.number):
        draft.write_call()
    if message.link and not is_web(message.link.url):
        draft.write_link()
    message = draft.message
    count = len(message.choices) + bool(message.link) + bool(message.call)
    if count > MAX_BUTTONS or message.ask == "phone" or message.attachment:
        draft.write_call()
        draft.write_link()
    message = draft.message
    if (message.link and not message.link.label.strip()) or (message.call and not message.call.label.strip()):
        draft.write_call()
        draft.write_link()
    if draft.message.link or draft.message.call:
        draft.clip_labels(TITLE)


def _parts(draft: Draft) -> list[OutgoingMessage]:
    """Long text first; the file before the quick replies, since what comes after them hides them (channels.md §3.3)."""
    message = draft.message
    file, choices, text = message.attachment, message.choices, message.text
    parts: list[OutgoingMessage] = []
    if file and file.caption and not text:
        text = file.caption
    bare = draft.part(attachment=replace(file, caption="")) if file else None
    as_template = bool(message.link or message.call)
    if choices or as_template or message.ask == "phone":
        if bare:
            parts.append(bare)
        pieces = split(text or BARE, MAX_TEXT, MAX_TEMPLATE_TEXT if as_template else MAX_TEXT)
        parts += [draft.part(text=piece) for piece in pieces[:-1]]
        last = draft.part(text=pieces[-1], choices=choices, link=message.link, call=message.call, ask=message.ask)
        return [*parts, last]
    if text:
        parts += [draft.part(text=piece) for piece in split(text, MAX_TEXT)]
    return [*parts, bare] if bare else parts


def is_carousel(message: OutgoingMessage) -> bool:
    """Whether the choices are cards side by side: each has something to say beyond its title, and nothing else is asked."""
    choices = message.choices
    plain = not (message.link or message.call or message.ask or message.attachment or message.location)
    return plain and 2 <= len(choices) <= MAX_CARDS and all(choice.description for choice in choices)


def _cards(draft: Draft) -> list[OutgoingMessage]:
    """The words first, then the cards."""
    text = draft.message.text
    parts = [draft.part(text=piece) for piece in split(text, MAX_TEXT)] if text else []
    return [*parts, draft.part(choices=draft.message.choices)]


def _card(choice: QuickReply) -> dict[str, Any]:
    """A card says all of title and description; its button repeats what fits of the title."""
    button = {"type": "postback", "title": cut(choice.title, TITLE), "payload": choice.token}
    return {"title": choice.title, "subtitle": choice.description, "buttons": [button]}


def _as_template(message: OutgoingMessage, person: str) -> dict[str, Any]:
    """A utility message: a form that Meta approved, for outside the 24 hours (channels.md §3.2).

    Its shape: developers.facebook.com/documentation/business-messaging/messenger-platform/send-messages/utility-messages
    (2026-03-13). The Page needs `page_utility_messaging`, and Meta offers this in some countries only.
    """
    assert message.template is not None
    parameters = [{"type": "text", "text": value} for value in message.template.parameters]
    form: dict[str, Any] = {"name": message.template.name, "language": {"code": message.template.language}}
    form["components"] = [{"type": "body", "parameters": parameters}] if parameters else []
    return {"recipient": {"id": person}, "messaging_type": "UTILITY", "message": {"template": form}}


def file_kind(mime: str) -> str:
    """How Messenger sends a file."""
    return "image" if mime in ("image/jpeg", "image/png", "image/gif") else "file"


def payload(message: OutgoingMessage, attachment_id: str) -> dict[str, Any]:
    """The `message` of a fitted part."""
    if message.attachment:
        kind = file_kind(message.attachment.mime)
        return {"attachment": {"type": kind, "payload": {"attachment_id": attachment_id}}}
    if is_carousel(message) and not message.text:
        cards = [_card(choice) for choice in message.choices]
        return {"attachment": {"type": "template", "payload": {"template_type": "generic", "elements": cards}}}
    if message.link or message.call:
        buttons: list[dict[str, Any]] = [
            {"type": "postback", "title": choice.title, "payload": choice.token} for choice in message.choices
        ]
        if message.link:
            buttons.append({"type": "web_url", "title": message.link.label, "url": message.link.url})
        if message.call:
            buttons.append({"type": "phone_number", "title": message.call.label, "payload": message.call.number})
        inner = {"template_type": "button", "text": message.text, "buttons": buttons}
        return {"attachment": {"type": "template", "payload": inner}}
    body: dict[str, Any] = {"text": message.text}
    replies: list[dict[str, str]] = [_quick_reply(choice) for choice in message.choices]
    if message.ask == "phone":
        replies.append({"content_type": "user_phone_number"})
    return body | ({"quick_replies": replies} if replies else {})


def _quick_reply(choice: QuickReply) -> dict[str, str]:
    return {"content_type": "text", "title": choice.title, "payload": choice.token}
