"""Telegram, for private chats with one bot.

Set up (docs/channels/telegram.md has it step by step):
1. Make a bot with @BotFather; SATHI_TELEGRAM_BOT_TOKEN is its token.
2. SATHI_TELEGRAM_SECRET_TOKEN: 24 to 256 letters of A-Z, a-z, 0-9, _ and -, made by you.
3. `sathi channel setup` sets the webhook https://<host>/webhooks/telegram, the kinds of updates and the commands.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from telegram.error import ChatMigrated, TelegramError

from connectors import _graph, _telegram_bot, _telegram_parse, _telegram_setup
from connectors._clean import words
from connectors._shape import BARE, Draft, is_web
from connectors._split import size, split
from connectors.base import Channel, Connector, Outgoing, Tools, Upload, Webhook
from connectors.setup import Finding, Plan
from core.errors import Ambiguous, NotGenuine, Refused, SendError, Unavailable
from core.messages import Event, MediaRef, OutgoingMessage, SendResult

HEADER = "x-telegram-bot-api-secret-token"
# Limits: channels.md §4.4.
MAX_TEXT, MAX_CAPTION = 4096, 1024
MAX_BUTTONS, MAX_DATA = 100, 64  # data in bytes
ROW_LETTERS = 24  # short choices share a row
MAX_FILE, MAX_PHOTO, MAX_DOWNLOAD = 50 << 20, 10 << 20, 20 << 20
PHOTOS = ("image/jpeg", "image/png")
NEVER_TWICE = ("code", "document")
PATH = re.compile(r"[A-Za-z0-9_\-]+(?:/[A-Za-z0-9_\-.]+)*")
Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove


class TelegramConnector(Connector):
    """One bot."""

    channel_type = "telegram"
    max_text = MAX_TEXT
    secret_fields = ("bot_token", "secret_token")
    asks_phone = True
    typing_again = 4.0  # it shows for five seconds (channels.md §4.3)
    now: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))

    def __init__(self, tools: Tools, part: Any = None) -> None:
        super().__init__(tools, part)
        self._bots: dict[str, Bot] = {}
        self._answering: set[asyncio.Task[None]] = set()

    def bot(self, channel: Channel) -> Bot:
        """The library's bot of a channel, made at its first use."""
        if channel.key not in self._bots:
            self._bots[channel.key] = _telegram_bot.bot(channel, self.tools)
        return self._bots[channel.key]

    def verify(self, request: Webhook, channel: Channel) -> None:
        given, secret = request.headers.get(HEADER, ""), channel.secret("secret_token")
        fits = hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())
        if not secret or HEADER in request.duplicate_headers or not fits:
            raise NotGenuine("the secret token is missing or wrong")

    def parse(self, payload: Any, channel: Channel) -> list[Event]:
        return _telegram_parse.parse(payload, self.now())

    def fit(self, message: OutgoingMessage, channel: Channel) -> list[OutgoingMessage]:
        draft = Draft.of(message)
        if draft.message.template:
            draft.note("the template was left out: it belongs to another channel")
            draft.change(template=None)
        draft.write_call()
        draft.describe_choices()
        if len(draft.message.choices) + bool(draft.message.link) > MAX_BUTTONS:
            draft.number_choices()
        link = draft.message.link
        if link and (not is_button(link.url) or not link.label or draft.message.ask):
            draft.write_link()
        return draft.finished(_parts(draft))

    async def send(self, outgoing: Outgoing, channel: Channel) -> SendResult:
        message = outgoing.message
        scheme, _, chat = outgoing.address.partition(":")
        if scheme != "telegram" or not re.fullmatch(r"-?[0-9]{1,18}", chat):
            raise Refused("the address is not one of Telegram's", code="address")
        file = await self._file(message)
        once = message.purpose in NEVER_TWICE
        try:
            try:
                sent = await _call(self.bot(channel), int(chat), message, file)
            except ChatMigrated as error:
                sent = await _call(self.bot(channel), error.new_chat_id, message, file)
            return SendResult(external_id=f"{sent.chat.id}:{sent.message_id}", address=f"telegram:{sent.chat.id}")
        except SendError:
            raise
        except Exception as error:
            raise _telegram_bot.error_of(error, once=once) from None

    async def acknowledge(self, address: str, external_id: str, channel: Channel) -> None:
        """Stop the spinner of a tapped button; show that an answer is being written, for five seconds."""
        bot, query = self.bot(channel), external_id.partition(".")[2]
        if query:
            # Goes on when the turn is over before it: an unanswered tap keeps its spinner.
            answering = asyncio.create_task(_stop_spinner(bot, query))
            self._answering.add(answering)
            answering.add_done_callback(self._answering.discard)
            await asyncio.shield(answering)
        try:
            await bot.send_chat_action(int(address.partition(":")[2]), "typing")
        except TelegramError as error:
            raise _telegram_bot.error_of(error) from None

    async def fetch(self, media: MediaRef, channel: Channel, max_bytes: int = 25 << 20) -> Upload:
        """Load a file by its id. The address holds the token, so it is made here and shown to nobody."""
        limit = min(max_bytes, MAX_DOWNLOAD)
        if media.size > limit:
            raise Refused("the file is too big", code="too_big")
        base = channel.base_url.rstrip("/")
        token = channel.secret("bot_token")
        try:
            reply = await self.tools.transport.request(
                "POST", f"{base}/bot{token}/getFile", json={"file_id": media.ref}
            )
            found = _graph.read(reply).get("result")
            path = words(found.get("file_path")) if isinstance(found, dict) else ""
            if reply.status != 200 or not PATH.fullmatch(path) or ".." in path:
                raise Refused("the file cannot be loaded", code=f"http_{reply.status}")
            reply = await self.tools.transport.request(
                "GET", f"{base}/file/bot{token}/{path}", timeout=60.0, max_bytes=limit
            )
        except Ambiguous as error:
            raise Unavailable(error.words, code=error.code) from None
        if reply.status != 200:
            raise _graph.by_status(reply)
        return Upload(name=media.name or path.rpartition("/")[2], mime=media.mime, content=reply.body)

    async def check(self, channel: Channel, plan: Plan) -> list[Finding]:
        return await _telegram_setup.check(self.bot(channel), channel, plan)

    async def setup(self, channel: Channel, plan: Plan) -> list[Finding]:
        return await _telegram_setup.setup(self.bot(channel), channel, plan)

    async def _file(self, message: OutgoingMessage) -> Upload | None:
        if message.attachment is None:
            return None
        file = await self.tools.load(message.attachment)
        if len(file.content) > MAX_FILE:
            raise Refused(f"the file is bigger than {MAX_FILE} bytes", code="too_big")
        return file


async def _stop_spinner(bot: Bot, query: str) -> None:
    """Answer a tap; one that is too old, or cannot be answered now, is no loss."""
    with contextlib.suppress(TelegramError):
        await bot.answer_callback_query(query)


async def _call(bot: Bot, chat: int, message: OutgoingMessage, file: Upload | None) -> Message:
    """The one call of a fitted part."""
    quoted = message.reply_to.rpartition(":")[2]
    common: dict[str, Any] = {
        "chat_id": chat,
        "reply_markup": markup(message),
        "reply_parameters": ReplyParameters(int(quoted), allow_sending_without_reply=True)
        if quoted.isdigit()
        else None,
    }
    if file and message.attachment:
        common["caption"] = message.attachment.caption or None
        content = InputFile(file.content, filename=file.name)
        if file.mime in PHOTOS and len(file.content) <= MAX_PHOTO:
            return await bot.send_photo(photo=content, **common)
        return await bot.send_document(document=content, disable_content_type_detection=True, **common)
    if message.location:
        place = message.location
        return await bot.send_location(latitude=place.latitude, longitude=place.longitude, **common)
    return await bot.send_message(
        text=message.text, link_preview_options=LinkPreviewOptions(is_disabled=True), **common
    )


def _parts(draft: Draft) -> list[OutgoingMessage]:
    """Long text first; the keyboard under the last part."""
    message = draft.message
    keyboard: dict[str, Any] = {"choices": message.choices, "link": message.link, "ask": message.ask}
    file, text = message.attachment, message.text
    parts: list[OutgoingMessage] = []
    if file:
        short = size(text) <= MAX_CAPTION and not (text and file.caption and text != file.caption)
        if not short:
            parts += [draft.part(text=piece) for piece in split(text, MAX_TEXT)]
        caption = (text or file.caption) if short else file.caption
        parts.append(draft.part(attachment=replace(file, caption=caption), **keyboard))
    elif text or any(keyboard.values()):
        pieces = split(text or BARE, MAX_TEXT)
        parts += [draft.part(text=piece) for piece in pieces[:-1]]
        parts.append(draft.part(text=pieces[-1], **keyboard))
    if message.location:
        parts.append(draft.part(location=message.location))
    return parts


def is_button(url: str) -> bool:
    """Whether Telegram takes an address on a button: one that it refuses would cost the whole message."""
    host = url.partition("://")[2].partition("/")[0].partition(":")[0]
    return is_web(url) and "." in host.strip(".") and url.isascii()


def markup(message: OutgoingMessage) -> Markup | None:
    """The one keyboard that a message may have: buttons under it, or keys in place of the letters."""
    if message.ask in ("location", "phone"):
        if message.ask == "location":
            key = KeyboardButton(message.labels.get("share_location") or "📍", request_location=True)
        else:
            key = KeyboardButton(message.labels.get("share_phone") or "📱", request_contact=True)
        rows = [[key], *([KeyboardButton(choice.title)] for choice in message.choices)]
        return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)
    buttons = [_button(choice.title, choice.token) for choice in message.choices]
    side_by_side = len(buttons) <= 3 and sum(size(choice.title) for choice in message.choices) <= ROW_LETTERS
    keys = [buttons] if side_by_side and buttons else [[button] for button in buttons]
    if message.link:
        keys.append([InlineKeyboardButton(message.link.label, url=message.link.url)])
    if keys:
        return InlineKeyboardMarkup(keys)
    # Keys that an earlier question put up go away with the next plain words.
    return None if message.attachment or message.location else ReplyKeyboardRemove()


def _button(title: str, token: str) -> InlineKeyboardButton:
    if not 1 <= len(token.encode()) <= MAX_DATA:
        raise Refused(f"a button's token must have 1 to {MAX_DATA} bytes", code="token")
    return InlineKeyboardButton(title, callback_data=token)
