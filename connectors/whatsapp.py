"""WhatsApp Cloud API.

Set up (docs/channels/whatsapp.md has it step by step):
1. A Meta app with the product WhatsApp, set live; a system user's token with whatsapp_business_messaging and
   whatsapp_business_management.
2. SATHI_META_APP_SECRET, SATHI_META_VERIFY_TOKEN, SATHI_WHATSAPP_PHONE_NUMBER_ID, SATHI_WHATSAPP_ACCESS_TOKEN.
3. Callback address https://<host>/webhooks/whatsapp; subscribe to `messages` (and `smb_message_echoes`,
   `user_preferences`, `account_update`, `phone_number_quality_update`). `sathi channel check` says what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors import _graph, _whatsapp_parse, _whatsapp_setup
from connectors._clean import identifier, items, table, words
from connectors._graph import Graph, down, later, never, slow
from connectors._shape import BARE, Draft, is_web
from connectors._split import cut, size, split
from connectors.base import Channel, Connector, Outgoing, Tools, Upload, Webhook
from connectors.setup import Finding, Plan
from core.errors import Ambiguous, Refused, Unreachable, WindowClosed
from core.messages import Event, MediaRef, OutgoingMessage, SendResult

# Limits: channels.md §2.5, §2.6.
MAX_TEXT = 4096
MAX_BODY = 1024  # text beside buttons, and captions
MAX_BUTTONS, MAX_ROWS = 3, 10
BUTTON_TITLE, ROW_TITLE, DESCRIPTION, LIST_LABEL = 20, 24, 72, 20
FILE_LIMITS = {"image": 5 << 20, "document": 100 << 20}
ASKS = ("location", "phone")
PHONE_QUESTION = "contact_request"
IMAGES = ("image/jpeg", "image/png")
NEVER_TWICE = ("code", "document")
# channels.md §2.7. What is not here goes by the HTTP status.
ERRORS: _graph.Table = {
    0: down(),
    190: down(),
    3: down(),
    10: down(),
    131031: down(),
    368: down(),
    131042: down(),
    4: slow(60.0),
    80007: slow(60.0),
    130429: slow(),
    133016: slow(3600.0),
    131048: slow(3600.0),
    131056: slow(scope="person"),
    1: later(doubtful=True),
    2: later(),
    131000: later(doubtful=True),
    135000: later(doubtful=True),
    131016: later(),
    131053: later(),
    131057: later(60.0),
    131047: never(WindowClosed),
    131026: never(Unreachable),
    # A country we may not write to. The account is well: one person abroad must not be able to silence it.
    130497: never(Unreachable),
    **dict.fromkeys(
        (100, 131008, 131009, 131021, 131030, 131049, 131050, 130472, 131051, 131052, 131062, 131064, 137000), never()
    ),
    **dict.fromkeys((132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016), never()),
}


class WhatsAppConnector(Connector):
    """One business number."""

    channel_type = "whatsapp"
    max_text = MAX_TEXT
    loose_files = True
    unreachable_codes = frozenset({"131026"})
    secret_fields = ("access_token", "app_secret", "verify_token")
    asks_phone = True

    def __init__(self, tools: Tools, part: Any = None) -> None:
        super().__init__(tools, part)
        self.graph = Graph(tools, ERRORS)

    def verify(self, request: Webhook, channel: Channel) -> None:
        _graph.verify(request, channel)

    def handshake(self, query: Mapping[str, str], channel: Channel) -> str | None:
        return _graph.handshake(query, channel)

    def parse(self, payload: Any, channel: Channel) -> list[Event]:
        return _whatsapp_parse.parse(payload, channel)

    def fit(self, message: OutgoingMessage, channel: Channel) -> list[OutgoingMessage]:
        draft = Draft.of(message)
        draft.write_call()
        if draft.message.template and not draft.message.text and not draft.message.choices:
            return draft.finished([draft.part(attachment=message.attachment)])
        _fit_choices(draft)
        if draft.message.link and (
            draft.message.choices or draft.message.ask or draft.message.attachment or not is_web(draft.message.link.url)
        ):
            draft.write_link()
        return draft.finished(_parts(draft))

    async def send(self, outgoing: Outgoing, channel: Channel) -> SendResult:
        message = outgoing.message
        as_template = message.template is not None and (not outgoing.reply_window_open or not message.text)
        if not outgoing.reply_window_open and not as_template:
            raise WindowClosed("the person's last message is older than 24 hours", code="window")
        media_id = await self._upload(message, channel) if message.attachment else ""
        body = envelope(outgoing)
        body |= template(message, media_id) if as_template else payload(message, media_id, _phone_question(channel))
        document = await self.graph.call(
            channel, "POST", f"{channel.account_id}/messages", json=body, once=message.purpose in NEVER_TWICE
        )
        external_id = _graph.first_id(document, "messages")
        if not external_id:
            raise Ambiguous("the answer has no message id", code="unreadable")
        contact = table(next(iter(items(document.get("contacts"))), {}))
        load = self.graph.load_of(channel)
        address = _whatsapp_parse.address_of(contact.get("wa_id"))
        return SendResult(external_id=external_id, address=address, load=load.percent, pause=load.pause)

    async def acknowledge(self, address: str, external_id: str, channel: Channel) -> None:
        if external_id.startswith("wamid."):
            body = {
                "messaging_product": "whatsapp",
                "status": "read",
                "message_id": external_id,
                "typing_indicator": {"type": "text"},
            }
            await self.graph.safely(channel, "POST", f"{channel.account_id}/messages", json=body, seconds=5.0)

    async def fetch(self, media: MediaRef, channel: Channel, max_bytes: int = 25 << 20) -> Upload:
        """Two steps: the address of a media id, then its bytes, both with the token (channels.md §2.4)."""
        found = await self.graph.safely(
            channel, "GET", media.ref.replace("/", ""), params={"phone_number_id": channel.account_id}
        )
        stated = found.get("file_size")
        if isinstance(stated, int) and stated > max_bytes:
            raise Refused("the file is too big", code="too_big")
        return await self.graph.load(
            channel,
            words(found.get("url")),
            name=media.name,
            mime=media.mime or words(found.get("mime_type")),
            bearer=True,
            max_bytes=max_bytes,
        )

    async def check(self, channel: Channel, plan: Plan) -> list[Finding]:
        return await _whatsapp_setup.check(self.graph, channel, plan)

    async def setup(self, channel: Channel, plan: Plan) -> list[Finding]:
        return await _whatsapp_setup.setup(self.graph, channel, plan)

    async def _upload(self, message: OutgoingMessage, channel: Channel) -> str:
        """Give a file to Meta by id: no public address, and no one's bill in a cache (channels.md §2.5)."""
        assert message.attachment is not None
        file = await self.tools.load(message.attachment)
        limit = FILE_LIMITS[file_kind(file.mime)]
        if len(file.content) > limit:
            raise Refused(f"the file is bigger than {limit} bytes", code="too_big")
        document = await self.graph.safely(
            channel,
            "POST",
            f"{channel.account_id}/media",
            form={"messaging_product": "whatsapp", "type": file.mime, "file": file},
            seconds=_graph.UPLOAD_SECONDS,
        )
        media_id = identifier(document.get("id"))
        if not media_id:
            raise Refused("the upload gave no id", code="no_media_id")
        return media_id


def _fit_choices(draft: Draft) -> None:
    """Buttons, a list, or numbered lines: only one interactive kind fits on a message."""
    choices = draft.message.choices
    if len(choices) > MAX_ROWS or (choices and draft.message.ask in ASKS):
        draft.number_choices()
    elif choices and is_list(draft.message):
        draft.clip_titles(ROW_TITLE)
        draft.clip_descriptions(DESCRIPTION)
    elif choices:
        draft.clip_titles(BUTTON_TITLE)


def is_list(message: OutgoingMessage) -> bool:
    """More than three choices, descriptions, or titles that buttons could not tell apart."""
    titles = {cut(choice.title, BUTTON_TITLE) for choice in message.choices}
    described = any(choice.description for choice in message.choices)
    return len(message.choices) > MAX_BUTTONS or described or len(titles) < len(message.choices)


def _parts(draft: Draft) -> list[OutgoingMessage]:
    """One part for each API call: long text first, then what carries buttons or the file."""
    message = draft.message
    file, choices, text = message.attachment, message.choices, message.text
    parts: list[OutgoingMessage] = []
    if file and choices:
        if not is_list(message) and size(text) <= MAX_BODY:
            return [draft.part(text=text or file.caption or BARE, choices=choices, attachment=file)]
        parts.append(draft.part(attachment=file))
    elif file:
        if size(text) <= MAX_BODY and not (text and file.caption and text != file.caption):
            return [draft.part(text="", attachment=replace(file, caption=text or file.caption)), *_place(draft)]
        return [*_texts(draft, text), draft.part(attachment=file), *_place(draft)]
    if choices or message.ask in ASKS or message.link:
        pieces = split(text or BARE, MAX_TEXT, MAX_BODY)
        parts += [draft.part(text=piece) for piece in pieces[:-1]]
        parts.append(draft.part(text=pieces[-1], choices=choices, ask=message.ask, link=message.link))
        return parts + _place(draft)
    return parts + (_texts(draft, text) if text else []) + _place(draft)


def _texts(draft: Draft, text: str) -> list[OutgoingMessage]:
    return [draft.part(text=piece) for piece in split(text, MAX_TEXT)]


def _place(draft: Draft) -> list[OutgoingMessage]:
    return [draft.part(location=draft.message.location)] if draft.message.location else []


def file_kind(mime: str) -> str:
    """How WhatsApp sends a file: as a picture, or as a document."""
    return "image" if mime in IMAGES else "document"


def envelope(outgoing: Outgoing) -> dict[str, Any]:
    """To whom, and the key that statuses bring back. A phone goes in `to`, a BSUID in `recipient`: channels.md §2.1."""
    scheme, _, path = outgoing.address.partition(":")
    if scheme not in ("whatsapp", "whatsapp-bsuid") or not path:
        raise Refused("the address is not one of WhatsApp's", code="address")
    body: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    body["to" if scheme == "whatsapp" else "recipient"] = path
    if outgoing.callback:
        body["biz_opaque_callback_data"] = outgoing.callback[:512]
    if outgoing.message.reply_to:
        body["context"] = {"message_id": outgoing.message.reply_to}
    return body


def template(message: OutgoingMessage, media_id: str) -> dict[str, Any]:
    """A template message, with a document in its header where there is one."""
    assert message.template is not None
    components: list[dict[str, Any]] = []
    if message.attachment:
        components.append({"type": "header", "parameters": [_file(message, media_id)]})
    if message.template.parameters:
        parameters = [{"type": "text", "text": value} for value in message.template.parameters]
        components.append({"type": "body", "parameters": parameters})
    inner: dict[str, Any] = {"name": message.template.name, "language": {"code": message.template.language}}
    return {"type": "template", "template": inner | ({"components": components} if components else {})}


def _phone_question(channel: Channel) -> str:
    """The kind of message that asks for somebody's number. Meta's page and a well-tested library name it differently, and
    nobody could say which is taken (channels.md §2.5): an option of the channel gives the other name.
    """
    return str(channel.options.get("phone_question") or PHONE_QUESTION)


def payload(message: OutgoingMessage, media_id: str, phone_question: str = PHONE_QUESTION) -> dict[str, Any]:
    """The body of a fitted part."""
    if message.choices:
        return {"type": "interactive", "interactive": _interactive(message, media_id)}
    if message.attachment:
        file = _file(message, media_id)
        caption = cut(message.attachment.caption, MAX_BODY)
        file[file["type"]] |= {"caption": caption} if caption else {}
        return file
    if message.location:
        place = message.location
        inner: dict[str, Any] = {"latitude": place.latitude, "longitude": place.longitude}
        return {"type": "location", "location": inner | ({"name": place.label} if place.label else {})}
    if message.ask == "location":
        request = {"type": "location_request_message", "body": {"text": message.text}}
        return {"type": "interactive", "interactive": request | {"action": {"name": "send_location"}}}
    if message.ask == "phone":
        request = {"type": phone_question, "body": {"text": message.text}}
        return {"type": "interactive", "interactive": request | {"action": {"name": "request_contact_info"}}}
    if message.link:
        shown = {"display_text": cut(message.link.label, BUTTON_TITLE) or "↗", "url": message.link.url}
        action = {"name": "cta_url", "parameters": shown}
        return {
            "type": "interactive",
            "interactive": {"type": "cta_url", "body": {"text": message.text}, "action": action},
        }
    return {"type": "text", "text": {"body": message.text, "preview_url": False}}


def _file(message: OutgoingMessage, media_id: str) -> dict[str, Any]:
    assert message.attachment is not None
    kind = file_kind(message.attachment.mime)
    name = {"filename": message.attachment.name} if kind == "document" else {}
    return {"type": kind, kind: {"id": media_id} | name}


def _interactive(message: OutgoingMessage, media_id: str) -> dict[str, Any]:
    body: dict[str, Any] = {"body": {"text": message.text}}
    if is_list(message):
        rows = [
            {"id": choice.token, "title": choice.title}
            | ({"description": choice.description} if choice.description else {})
            for choice in message.choices
        ]
        label = cut(message.labels.get("options", ""), LIST_LABEL) or "☰"
        return {"type": "list"} | body | {"action": {"button": label, "sections": [{"rows": rows}]}}
    buttons = [{"type": "reply", "reply": {"id": choice.token, "title": choice.title}} for choice in message.choices]
    header = {"header": _file(message, media_id)} if message.attachment else {}
    return {"type": "button"} | header | body | {"action": {"buttons": buttons}}
