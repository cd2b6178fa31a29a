"""Find or create contacts and conversations; write the transcript; keep what buttons mean."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import lanes, reach
from core.database import Database
from core.messages import Actor, IncomingMessage, OutgoingMessage, to_json
from core.tables import ChoiceToken, Contact, ContactAddress, Conversation, Message

TOKEN_LIFE = timedelta(days=30)  # old buttons stay tappable on WhatsApp and Telegram: answer them kindly
PHONE = re.compile(r"\+\d{8,15}$")


def phone_of(address: str) -> str:
    """The E.164 number that an address proves, or nothing: only WhatsApp's own addresses are proof of themselves."""
    scheme, _, path = address.partition(":")
    return path if scheme == "whatsapp" and PHONE.match(path) else ""


async def find_contact(session: AsyncSession, tenant: str, addresses: tuple[str, ...]) -> Contact | None:
    """The person behind any of these addresses."""
    query = (
        select(Contact)
        .join(ContactAddress, col(ContactAddress.contact_id) == col(Contact.id))
        .where(ContactAddress.tenant == tenant, col(ContactAddress.address).in_(addresses))
        .order_by(col(Contact.id))
        .limit(1)
    )
    return (await session.exec(query)).first()


async def find_conversation(session: AsyncSession, tenant: str, channel: str, address: str) -> Conversation | None:
    """The conversation that an address has on a channel."""
    query = (
        select(Conversation)
        .join(ContactAddress, col(ContactAddress.contact_id) == col(Conversation.contact_id))
        .where(ContactAddress.tenant == tenant, ContactAddress.address == address, Conversation.channel == channel)
    )
    return (await session.exec(query)).first()


async def open_conversation(
    session: AsyncSession, db: Database, tenant: str, channel: str, message: IncomingMessage
) -> tuple[Contact, Conversation]:
    """Find or create the person and their conversation; new addresses of a known person are added to them."""
    now = db.now()
    contact = await find_contact(session, tenant, message.addresses)
    if contact is None:
        contact = Contact(tenant=tenant, name=message.name[:120], created_at=now)
        session.add(contact)
        await session.flush()
    elif message.name and not contact.name:
        contact.name = message.name[:120]
    assert contact.id is not None
    query = select(ContactAddress.address, ContactAddress.reachable).where(
        ContactAddress.tenant == tenant, col(ContactAddress.address).in_(message.addresses)
    )
    known = dict((await session.exec(query)).all())
    if message.actor is Actor.CUSTOMER and not all(known.values()):
        await reach.note(session, tenant, message.addresses, reachable=True)
    session.add_all(
        ContactAddress(tenant=tenant, address=address, contact_id=contact.id, created_at=now)
        for address in message.addresses
        if address not in known
    )
    found = await session.exec(
        select(Conversation).where(Conversation.channel == channel, Conversation.contact_id == contact.id)
    )
    conversation = found.first()
    if conversation is None:
        conversation = Conversation(
            tenant=tenant, channel=channel, contact_id=contact.id, address=message.addresses[0], created_at=now
        )
        session.add(conversation)
    conversation.address = message.addresses[0]
    at = min(message.occurred_at, now)
    # A redelivery can come days late, after newer messages (channels.md §1.4): it opens and closes no window.
    newest = conversation.last_incoming_at is None or at >= conversation.last_incoming_at
    if message.actor is Actor.CUSTOMER and newest:
        conversation.last_incoming_at = at
        conversation.last_incoming_id = message.external_id
    await session.flush()
    return contact, conversation


async def also_called(session: AsyncSession, db: Database, tenant: str, known: str, address: str) -> None:
    """Another address of the person who is known by one; an address that is somebody's already stays theirs."""
    contact = await find_contact(session, tenant, (known,))
    if contact is not None:
        values = {"tenant": tenant, "address": address, "contact_id": contact.id, "created_at": db.now()}
        adding = lanes.insert_for(db, ContactAddress).values(reachable=True, **values)
        await session.execute(adding.on_conflict_do_nothing())


async def take_seq(session: AsyncSession, conversation: Conversation) -> int:
    """The next number in a conversation's transcript."""
    query = (
        update(Conversation)
        .where(col(Conversation.id) == conversation.id)
        .values(last_seq=col(Conversation.last_seq) + 1)
        .returning(col(Conversation.last_seq))
    )
    seq: int = (await session.execute(query)).scalar_one()
    conversation.last_seq = seq
    return seq


async def write_incoming(
    session: AsyncSession, db: Database, conversation: Conversation, message: IncomingMessage, text: str
) -> Message:
    """Add a customer's message to the transcript; `text` is what may be kept (codes masked)."""
    assert conversation.id is not None
    document = to_json(message)
    payload = {key: document[key] for key in ("media", "location", "phone", "reply_to", "detail") if document[key]}
    row = Message(
        conversation_id=conversation.id,
        seq=await take_seq(session, conversation),
        # What a person of the company wrote elsewhere reaches us as a message too; it was said to the customer.
        direction="outgoing" if message.actor is Actor.OPERATOR else "incoming",
        author=message.actor.value,
        kind=message.kind.value,
        text=text,
        payload=payload,
        external_id=message.external_id,
        created_at=db.now(),
    )
    session.add(row)
    await session.flush()
    return row


async def write_outgoing(
    session: AsyncSession, db: Database, conversation: Conversation, message: OutgoingMessage
) -> Message:
    """Add what we say to the transcript, as the customer will see it."""
    assert conversation.id is not None
    document = to_json(message)
    payload = {
        key: document[key]
        for key in ("choices", "link", "call", "attachment", "ask", "notes", "location", "persona", "template")
        if document[key]
    }
    row = Message(
        conversation_id=conversation.id,
        seq=await take_seq(session, conversation),
        direction="outgoing",
        author=message.author.value,
        kind="media" if message.attachment else "text",
        text=message.text,
        payload=payload,
        answer=message.answer,
        created_at=db.now(),
    )
    session.add(row)
    await session.flush()
    return row


async def make_token(
    session: AsyncSession,
    db: Database,
    conversation: Conversation,
    title: str,
    send: dict[str, Any],
    synonyms: list[str] | None = None,
) -> str:
    """An opaque token (22 letters) for a button; `send` is what a tap means to the dialogue core."""
    assert conversation.id is not None
    token = secrets.token_urlsafe(16)
    session.add(
        ChoiceToken(
            token=token,
            conversation_id=conversation.id,
            message_seq=conversation.last_seq,
            title=title,
            synonyms=synonyms or [],
            send=send,
            created_at=db.now(),
        )
    )
    return token


async def read_token(session: AsyncSession, db: Database, conversation: Conversation, token: str) -> ChoiceToken | None:
    """What a tapped token means, if it was given to this very conversation and is not too old."""
    row = await session.get(ChoiceToken, token)
    if row is None or row.conversation_id != conversation.id or row.created_at < db.now() - TOKEN_LIFE:
        return None
    return row


async def last_choices(
    session: AsyncSession, conversation: Conversation, before_seq: int | None = None
) -> list[ChoiceToken]:
    """The choices under our latest message that had any, in the order shown; typed equivalents are matched to them.

    With `before_seq`, under the latest before that place of the transcript.
    """
    latest = select(ChoiceToken.message_seq).where(ChoiceToken.conversation_id == conversation.id)
    if before_seq is not None:
        latest = latest.where(ChoiceToken.message_seq < before_seq)
    latest = latest.order_by(col(ChoiceToken.message_seq).desc()).limit(1)
    seq = (await session.exec(latest)).first()
    if seq is None:
        return []
    query = select(ChoiceToken).where(ChoiceToken.conversation_id == conversation.id, ChoiceToken.message_seq == seq)
    found = list((await session.exec(query)).all())
    return sorted(found, key=lambda choice: (int(choice.send.get("place", 0)), choice.title))


async def last_said(
    session: AsyncSession, conversation: Conversation, but: int = 0, before_seq: int | None = None
) -> Message | None:
    """The customer's newest message in the transcript, but the one with the id `but`; the newest before a place of it."""
    query = select(Message).where(
        Message.conversation_id == conversation.id, Message.direction == "incoming", Message.id != but
    )
    if before_seq is not None:
        query = query.where(Message.seq < before_seq)
    return (await session.exec(query.order_by(col(Message.seq).desc()).limit(1))).first()


async def transcript(
    session: AsyncSession, conversation_id: int, after_seq: int = 0, limit: int = 500
) -> list[Message]:
    """Messages after a number, in order."""
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after_seq)
        .order_by(col(Message.seq))
        .limit(limit)
    )
    return list((await session.exec(query)).all())


async def find_message(session: AsyncSession, conversation_id: int, external_id: str) -> Message | None:
    """The transcript row of something a channel wrote at its arrival."""
    query = select(Message).where(Message.external_id == external_id, Message.conversation_id == conversation_id)
    return (await session.exec(query)).first()


async def message_at(session: AsyncSession, conversation_id: int, seq: int) -> Message | None:
    """The message with a number."""
    query = select(Message).where(Message.conversation_id == conversation_id, Message.seq == seq)
    return (await session.exec(query)).first()


async def transcript_ends(
    session: AsyncSession, tenant: str, channel: str, addresses: list[str]
) -> dict[str, tuple[int, int]]:
    """Conversation id and newest number of each address that has a conversation on a channel."""
    query = (
        select(ContactAddress.address, col(Conversation.id), Conversation.last_seq)
        .join(Conversation, col(Conversation.contact_id) == col(ContactAddress.contact_id))
        .where(
            ContactAddress.tenant == tenant,
            col(ContactAddress.address).in_(addresses),
            Conversation.channel == channel,
        )
    )
    return {address: (int(number), seq) for address, number, seq in (await session.exec(query)).all() if number}
