"""Fewer bubbles where a limit bites: words that follow each other become one message."""

from __future__ import annotations

from dataclasses import replace

from core.messages import OutgoingMessage


def merge(messages: list[OutgoingMessage], max_text: int) -> list[OutgoingMessage]:
    """Fewer bubbles: neighbours that are nothing but text become one, and text is put before a message with buttons.

    Call it before a connector's `fit`, on messages of one answer.
    """
    merged: list[OutgoingMessage] = []
    for message in messages:
        last = merged[-1] if merged else None
        if last is not None and is_bare(last) and _joins(last, message, max_text):
            text = f"{last.text}\n\n{message.text}".strip()
            merged[-1] = replace(
                message, text=text, reply_to=last.reply_to, notes=(*last.notes, *message.notes, "merged")
            )
        else:
            merged.append(message)
    return merged


def is_bare(message: OutgoingMessage) -> bool:
    """Whether a message is nothing but text."""
    parts = (
        message.choices,
        message.link,
        message.call,
        message.attachment,
        message.ask,
        message.template,
        message.location,
        message.thread,
    )
    return bool(message.text) and not any(parts)


def _joins(first: OutgoingMessage, second: OutgoingMessage, max_text: int) -> bool:
    same = (first.priority, first.purpose, first.author) == (second.priority, second.purpose, second.author)
    room = len(first.text) + len(second.text) + 2 <= (max_text if is_bare(second) else min(max_text, 640))
    return same and room and not second.attachment and not second.template and not second.reply_to
