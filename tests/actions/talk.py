"""A conversation without Rasa: the same turn of form, rejection and rule, over the real actions and a real database.

`Talk.say` gives the names of the answers, `Talk.last` their facts. What Rasa does around the actions is tested with the
real one by the conversation stories.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk.executor import ActionExecutor

import actions
from actions.context import TurnContext, enter
from complaints.service import Complaints
from core.answers import Answers, Rendered
from core.database import Database
from core.errors import LeaseLost
from core.settings import ROOT
from core.store import phone_of
from core.tables import Contact, Conversation
from core.tenants import Tenants
from handoff.service import Handoff
from utility.local import LocalUtility
from utility.ownership import Ownership

LISTEN = "action_listen"


def rules() -> dict[str, str]:
    """Which action answers which intent: read from bot/rules."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "bot" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            first, second = rule["steps"]
            for step in first.get("or") or [first]:
                found[step["intent"]] = second["action"]
    return found


@dataclass
class Sms:
    """Text messages that were queued."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, to: str, text: str, dedupe: str, *, session: Any = None) -> None:
        self.sent.append((to, text))


@dataclass
class World:
    """What all conversations of a test share."""

    db: Database
    tenants: Tenants
    answers: Answers
    sms: Sms = field(default_factory=Sms)
    utility: Any = None
    inbox: int = 0

    def __post_init__(self) -> None:
        self.utility = self.utility or LocalUtility(self.db, self.tenants)
        self.ownership = Ownership(self.db, self.tenants, self.utility, b"k" * 32, self.sms, floor_seconds=0)
        self.complaints = Complaints(self.db, self.tenants)
        self.handoff = Handoff(self.db, self.tenants)
        self.executor = ActionExecutor()
        self.executor.register_package(actions)
        self.rules = rules()

    async def talk(self, tenant: str, address: str = "web:visitor", language: str = "en") -> Talk:
        """Somebody new begins to write."""
        async with self.db.transaction() as session:
            contact = Contact(tenant=tenant, created_at=self.db.now())
            session.add(contact)
            await session.flush()
            assert contact.id is not None
            conversation = Conversation(
                tenant=tenant, channel="test", contact_id=contact.id, address=address, created_at=self.db.now()
            )
            session.add(conversation)
            await session.flush()
            assert conversation.id is not None
        return Talk(self, tenant, address, language, contact.id, conversation.id)


@dataclass
class Talk:
    """One person's conversation."""

    world: World
    tenant: str
    address: str
    language: str
    contact: int
    conversation: int
    slots: dict[str, Any] = field(default_factory=dict)
    loop: str = ""
    last: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    ours: bool = True

    async def say(
        self,
        intent: str,
        text: str = "",
        *,
        confidence: float = 0.95,
        topic: str = "",
        ranking: list[dict[str, Any]] | None = None,
        chosen: bool = False,
        danger: bool = False,
        repeat: bool = False,
        **entities: Any,
    ) -> list[str]:
        """Send a message; entities are `name=value` or `name=(value, words)`. `repeat` delivers the last one again."""
        if not repeat:
            self.world.inbox += 1
        found = []
        for name, value in entities.items():
            plain, words = value if isinstance(value, tuple) else (value, str(value))
            found.append({"entity": name, "value": plain} | ({} if chosen else {"text": words}))
        message = {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": found,
            "intent_ranking": ranking or [],
            "topic": topic,
            "chosen": chosen,
            "language": self.language,
            "metadata": {"danger": danger, "language_fixed": False},
        }
        self.last, self.calls = [], []
        if self.loop and await self._run(f"validate_{self.loop}", message):
            return self.names
        assert await self._run(self.world.rules[intent], message)
        return self.names

    async def tap(self, title: str, form: str = "en") -> list[str]:
        """Tap a choice under the last answers."""
        for rendered in reversed(self.rendered(form)):
            for choice in rendered.choices:
                if choice.title == title:
                    send = choice.send
                    return await self.say(
                        send["intent"], title, chosen=True, topic=send.get("topic", ""), **send["entities"]
                    )
        raise AssertionError(
            f"no choice {title!r} in {[choice.title for r in self.rendered(form) for choice in r.choices]}"
        )

    async def share_contact(self, phone: str, *, own: bool) -> list[str]:
        """Share a telephone number; the gateway links the accounts of one that the platform calls the sender's own."""
        proven = {}
        if own:
            await self.world.ownership.link_phone(self.contact, self.tenant, phone, f"{self.world.inbox}:contact")
            proven = {"proven": "1"}
        return await self.say("inform_contact", phone, chosen=True, phone=phone, **proven)

    async def type_code(self, text: str) -> list[str]:
        """Type a one-time code: the gateway checks it and tells only the result."""
        result = await self.world.ownership.try_code(
            conversation_id=self.conversation, contact_id=self.contact, text=text, effect_key=f"c{self.world.inbox}"
        )
        return await self.say(
            "code_result", chosen=True, ok=result.ok, reason=result.reason, tries_left=result.tries_left
        )

    @property
    def names(self) -> list[str]:
        return [answer["response"] for answer in self.last]

    def facts(self, name: str) -> dict[str, Any]:
        """The facts of an answer that was given."""
        return next(answer for answer in self.last if answer["response"] == name)

    def rendered(self, form: str = "en") -> list[Rendered]:
        """The last answers in words."""
        skip = {"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"}
        tenant = self.world.tenants.get(self.tenant)
        return [
            self.world.answers.render(
                tenant, form, answer["response"], {key: value for key, value in answer.items() if key not in skip}
            )
            for answer in self.last
        ]

    def words(self, form: str = "en") -> str:
        """Everything said in the last turn."""
        return "\n".join(rendered.text for rendered in self.rendered(form))

    async def _run(self, action: str, message: dict[str, Any]) -> bool:
        """Run an action and apply its events; False when a form rejected the message."""
        enter(self._context(message))
        call = {
            "next_action": action,
            "sender_id": "test",
            "tracker": {
                "sender_id": "test",
                "slots": dict(self.slots),
                "latest_message": message,
                "events": [],
                "active_loop": {"name": self.loop} if self.loop else {},
            },
            "domain": {},
        }
        self.calls.append(action)
        result = (await self.world.executor.run(call)).model_dump(by_alias=True)
        if action.startswith("validate_") and not result["events"]:
            assert not result["responses"]
            return False
        self.last += result["responses"]
        loop = self.loop
        for event in result["events"]:
            if event["event"] == "slot":
                if event["value"] is None:
                    self.slots.pop(event["name"], None)
                else:
                    self.slots[event["name"]] = event["value"]
            elif event["event"] == "active_loop":
                loop = event["name"] or ""
            elif event["event"] == "followup":
                assert event["name"] == LISTEN
        # Rasa leaves a form whose validation asks for nothing more.
        if action.startswith("validate_") and "requested_slot" not in self.slots:
            loop = ""
        self.loop = loop
        if not loop:
            self.slots.pop("requested_slot", None)
        return True

    def _context(self, message: dict[str, Any]) -> TurnContext:
        world = self.world

        async def guard(session: Any) -> None:
            if not self.ours:
                raise LeaseLost("the turn is over")

        return TurnContext(
            tenant=world.tenants.get(self.tenant),
            tenants=world.tenants,
            utility=world.utility,
            ownership=world.ownership,
            complaints=world.complaints,
            handoff=world.handoff,
            db=world.db,
            clock=world.db.clock,
            inbox_id=world.inbox,
            fence=1,
            conversation_id=self.conversation,
            contact_id=self.contact,
            channel="test",
            channel_type=self.address.split(":")[0],
            address=self.address,
            language=self.language,
            phone=phone_of(self.address),
            asks_phone=self.address.startswith(("telegram:", "messenger:")),
            metadata=message["metadata"],
            guard=guard,
        )


def load_answers(root: Path = ROOT) -> Answers:
    return Answers.load(root)
