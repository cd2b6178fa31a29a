"""What the platforms refuse, from channels.md §2.5, §2.6, §3.3, §3.6, §4.3, §4.4. Each check says what is wrong."""

from __future__ import annotations

import re
from typing import Any

WHATSAPP_TO = re.compile(r"\+[1-9][0-9]{5,14}")
BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


class Wrong(Exception):
    """A request that the platform would refuse."""


def need(condition: object, words: str) -> None:
    if not condition:
        raise Wrong(words)


def between(value: Any, least: int, most: int, what: str) -> str:
    need(isinstance(value, str), f"{what} must be a text")
    need(least <= len(value) <= most, f"{what} must have {least} to {most} characters, not {len(value)}")
    return str(value)


def only(value: dict[str, Any], allowed: set[str], what: str) -> None:
    need(isinstance(value, dict), f"{what} must be an object")
    need(not set(value) - allowed, f"{what} has unknown keys {sorted(set(value) - allowed)}")


def whatsapp(body: dict[str, Any], media: dict[str, Any]) -> None:
    """A send request of WhatsApp."""
    need(body.get("messaging_product") == "whatsapp", "messaging_product")
    to, recipient = body.get("to"), body.get("recipient")
    need(bool(to) != bool(recipient), "either to or recipient")
    need(to is None or WHATSAPP_TO.fullmatch(str(to)), "to must be +E.164")
    need(recipient is None or BSUID.fullmatch(str(recipient)), "recipient must be a BSUID")
    kind = str(body.get("type"))
    only(
        body,
        {"messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data", kind},
        "the request",
    )
    need(len(str(body.get("biz_opaque_callback_data", ""))) <= 512, "biz_opaque_callback_data")
    inner = body.get(kind)
    need(isinstance(inner, dict), f"{kind} is missing")
    assert isinstance(inner, dict)
    if kind == "text":
        between(inner.get("body"), 1, 4096, "text.body")
    elif kind in ("document", "image"):
        only(inner, {"id", "link", "filename", "caption"}, kind)
        need(inner.get("id") in media, "the media id is not known")
        need("caption" not in inner or between(inner["caption"], 1, 1024, "caption"), "caption")
    elif kind == "location":
        need(isinstance(inner.get("latitude"), float | int) and isinstance(inner.get("longitude"), float | int), kind)
    elif kind == "interactive":
        whatsapp_interactive(inner, media)
    elif kind == "template":
        between(inner.get("name"), 1, 512, "template.name")
        between(inner.get("language", {}).get("code"), 2, 10, "template.language.code")
        for part in inner.get("components", []):
            for parameter in part["parameters"]:
                file = parameter.get(parameter["type"]) if parameter["type"] in ("document", "image") else None
                need(file is None or file.get("id") in media, "the media id is not known")
    else:
        raise Wrong(f"type {kind} is not supported")


def whatsapp_interactive(inner: dict[str, Any], media: dict[str, Any]) -> None:
    between(inner.get("body", {}).get("text"), 1, 1024, "body.text")
    kind, action = inner.get("type"), inner.get("action", {})
    header = inner.get("header")
    if kind == "button":
        buttons = action.get("buttons", [])
        need(1 <= len(buttons) <= 3, "1 to 3 buttons")
        titles = [between(button["reply"]["title"], 1, 20, "button title") for button in buttons]
        ids = [between(button["reply"]["id"], 1, 256, "button id") for button in buttons]
        need(len(set(titles)) == len(titles) and len(set(ids)) == len(ids), "titles and ids must be unique")
        if header:
            need(header["type"] in ("text", "image", "video", "document"), "header type")
            need(header["type"] == "text" or header[header["type"]].get("id") in media, "the media id is not known")
    elif kind == "list":
        between(action.get("button"), 1, 20, "list label")
        sections = action.get("sections", [])
        rows = [row for section in sections for row in section["rows"]]
        need(1 <= len(rows) <= 10, "1 to 10 rows")
        need(len(sections) == 1 or all(section.get("title") for section in sections), "section titles")
        for row in rows:
            only(row, {"id", "title", "description"}, "row")
            between(row["id"], 1, 200, "row id")
            between(row["title"], 1, 24, "row title")
            need("description" not in row or between(row["description"], 1, 72, "row description"), "description")
        need(len({row["id"] for row in rows}) == len(rows), "row ids must be unique")
        need(header is None or header["type"] == "text", "a list has text headers only")
    elif kind == "cta_url":
        parameters = action.get("parameters", {})
        between(parameters.get("display_text"), 1, 20, "display_text")
        need(re.match(r"https?://", str(parameters.get("url"))), "url")
    elif kind == "location_request_message":
        need(action == {"name": "send_location"}, "action")
    elif kind == "contact_request":
        need(action == {"name": "request_contact_info"}, "action")
    else:
        raise Wrong(f"interactive type {kind} is not supported")


def messenger(body: dict[str, Any], attachments: dict[str, Any], filedata: bool) -> None:
    """A send request of Messenger."""
    need(isinstance(body.get("recipient"), dict) and body["recipient"].get("id"), "recipient.id")
    if "sender_action" in body:
        need("message" not in body, "a sender action has no message")
        need(body["sender_action"] in ("typing_on", "typing_off", "mark_seen", "react"), "sender_action")
        return
    kind = body.get("messaging_type")
    need(kind in ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"), "messaging_type")
    need((kind == "MESSAGE_TAG") == ("tag" in body), "a tag goes with MESSAGE_TAG")
    need(body.get("tag") in (None, "HUMAN_AGENT", "CUSTOMER_FEEDBACK"), "the tag is retired")
    message = body.get("message")
    need(isinstance(message, dict), "message")
    assert isinstance(message, dict)
    if kind == "UTILITY":
        only(message, {"template", "metadata"}, "message")
        form = message.get("template", {})
        only(form, {"name", "language", "components"}, "template")
        between(form.get("name"), 1, 512, "template.name")
        between(form.get("language", {}).get("code"), 2, 10, "template.language.code")
        need(all(part["type"] in ("body", "buttons") for part in form.get("components", [])), "components")
        return
    only(message, {"text", "attachment", "quick_replies", "metadata"}, "message")
    need(("text" in message) != ("attachment" in message), "either text or attachment")
    need(len(message.get("metadata", "")) < 1000, "metadata")
    if "text" in message:
        between(message["text"], 1, 1999, "text")
    replies = message.get("quick_replies", [])
    need(len(replies) <= 13, "13 quick replies at most")
    for reply in replies:
        need(reply.get("content_type") in ("text", "user_phone_number", "user_email"), "content_type")
        if reply["content_type"] == "text":
            between(reply.get("title"), 1, 20, "quick reply title")
            between(reply.get("payload"), 1, 1000, "quick reply payload")
    if "attachment" in message:
        messenger_attachment(message["attachment"], attachments, filedata)


def messenger_attachment(attachment: dict[str, Any], attachments: dict[str, Any], filedata: bool) -> None:
    kind, payload = attachment.get("type"), attachment.get("payload", {})
    if kind in ("file", "image", "audio", "video"):
        need(filedata or payload.get("attachment_id") in attachments or payload.get("url"), "no file")
        return
    need(kind == "template", f"attachment type {kind}")
    buttons = payload.get("buttons", [])
    if payload.get("template_type") == "button":
        between(payload.get("text"), 1, 640, "template text")
        need(1 <= len(buttons) <= 3, "1 to 3 buttons")
        messenger_buttons(buttons)
    elif payload.get("template_type") == "generic":
        elements = payload.get("elements", [])
        need(1 <= len(elements) <= 10, "1 to 10 elements")
        for element in elements:
            between(element.get("title"), 1, 80, "element title")
            need("subtitle" not in element or between(element["subtitle"], 1, 80, "element subtitle"), "subtitle")
            need(len(element) > 1, "an element needs more than a title")
            messenger_buttons(element.get("buttons", []))
    else:
        raise Wrong("template_type")


def messenger_buttons(buttons: list[dict[str, Any]]) -> None:
    need(len(buttons) <= 3, "3 buttons at most")
    for button in buttons:
        between(button.get("title"), 1, 20, "button title")
        if button.get("type") == "postback":
            between(button.get("payload"), 1, 1000, "payload")
        elif button.get("type") == "web_url":
            need(re.match(r"https?://", str(button.get("url"))), "url")
        elif button.get("type") == "phone_number":
            need(re.fullmatch(r"\+[0-9]{4,15}", str(button.get("payload"))), "a number needs + and the country code")
        else:
            raise Wrong("button type")


def telegram(method: str, body: dict[str, Any], files: dict[str, Any]) -> None:
    """A method call of the Bot API."""
    if method in ("sendMessage", "sendDocument", "sendPhoto", "sendLocation", "sendChatAction"):
        need(str(body.get("chat_id", "")).lstrip("-").isdigit(), "chat_id")
    if method == "sendMessage":
        between(body.get("text"), 1, 4096, "text")
    if method in ("sendDocument", "sendPhoto"):
        name = "document" if method == "sendDocument" else "photo"
        need(name in files or body.get(name), f"{name} is missing")
        need("caption" not in body or between(body["caption"], 0, 1024, "caption") is not None, "caption")
    markup = body.get("reply_markup")
    if isinstance(markup, dict) and "inline_keyboard" in markup:
        keys = [key for row in markup["inline_keyboard"] for key in row]
        need(len(keys) <= 100 and all(len(row) <= 8 for row in markup["inline_keyboard"]), "100 buttons, 8 in a row")
        for key in keys:
            between(key.get("text"), 1, 1000, "button text")
            data = key.get("callback_data")
            need(data is None or 1 <= len(str(data).encode()) <= 64, "BUTTON_DATA_INVALID")
            need(bool(data) != bool(key.get("url")), "either callback_data or url")
    if method == "answerCallbackQuery":
        need(body.get("callback_query_id"), "callback_query_id")
