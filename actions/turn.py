"""One turn as an action sees it: what was said, what is remembered, what to answer. And the list of all actions.

An action is a coroutine marked with `@act`; the mark makes the Rasa action of that name and remembers which intents it
serves, so that a button, a clarified question or a finished form can run it too. When an action has answered while a
form is open, the form's question is asked again in the same call: a side question costs no further round trip.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.context import TurnContext, current
from core.errors import UtilityUnavailable
from core.tenant_model import Tenant
from utility.base import Account

log = structlog.get_logger(__name__)
REQUESTED = "requested_slot"
# Slots that belong to one run of a form; everything else is remembered.
FORM_SLOTS = {
    "complaint_form": (
        "kind",
        "reported",
        "account",
        "utility",
        "proven",
        "area",
        "area_names",
        "since",
        "details",
        "photos",
        "point",
        "told",
        "same",
    ),
    "account_form": ("claim", "task", "task_entities"),
    "question_form": ("question", "task", "task_entities"),
}
SINGLE = "question_form"
# Where a danger is stays asked; and what is said by the way leaves no question.
STAYS = frozenset({"hazard_place"})
ASIDE = frozenset(
    {
        "greet",
        "thanks",
        "faq",
        "out_of_scope",
        "fraud_check",
        "energy_saving_tips",
        "tariff_info",
        "change_language",
        "inform_media",
    }
    | {"affirm", "deny", "skip", "inform", "inform_location", "code_result", "old_choice"}
)
UNDERSTOOD_NOTHING = frozenset({"nlu_fallback", "clarified", "out_of_scope"})
# After a long silence: what is said of a question that was open.
RECALLED = {"recalled": "utter_where_we_were", "aside": "utter_put_aside"}
Handler = Callable[["Turn"], Awaitable[None]]


@dataclass
class Turn:
    """What an action works with. Changes to slots and forms are collected and become events at the end."""

    ctx: TurnContext
    dispatcher: CollectingDispatcher = field(repr=False)
    intent: str
    confidence: float
    topic: str
    text: str
    chosen: bool
    entities: dict[str, list[Any]]
    ranking: list[dict[str, Any]]
    metadata: dict[str, Any]
    slots: dict[str, Any]
    loop: str
    asked: str
    language: str = ""
    spans: dict[str, list[str]] = field(default_factory=dict)
    changed: dict[str, Any] = field(default_factory=dict)
    was_loop: str = ""
    asked_again: bool = False
    owned: tuple[Account, ...] | None = None

    @classmethod
    def of(cls, dispatcher: CollectingDispatcher, tracker: Tracker) -> Turn:
        """Read a turn from what Rasa sends along."""
        message = tracker.latest_message or {}
        intent = message.get("intent") or {}
        entities: dict[str, list[Any]] = {}
        spans: dict[str, list[str]] = {}
        for item in message.get("entities") or []:
            if item.get("value") is not None:
                entities.setdefault(item["entity"], []).append(item["value"])
                spans.setdefault(item["entity"], []).append(str(item.get("text") or item["value"]))
        loop = str((tracker.active_loop or {}).get("name") or "")
        return cls(
            ctx=current(),
            dispatcher=dispatcher,
            intent=str(intent.get("name") or "nlu_fallback"),
            confidence=float(intent.get("confidence") or 0.0),
            topic=str(message.get("topic") or ""),
            text=str(message.get("text") or ""),
            chosen=bool(message.get("chosen")),
            entities=entities,
            spans=spans,
            ranking=list(message.get("intent_ranking") or []),
            metadata=dict(message.get("metadata") or {}),
            slots=dict(tracker.slots),
            loop=loop,
            was_loop=loop,
            language=str(message.get("language") or ""),
            asked=str(tracker.slots.get(REQUESTED) or "") if loop else "",
        )

    @property
    def tenant(self) -> Tenant:
        return self.ctx.tenant

    @property
    def form(self) -> str:
        """The written form of this message, for choosing a word where a row keeps one."""
        if self.metadata.get("language_fixed") and self.ctx.language:
            return self.ctx.language
        return self.language or self.ctx.language or self.tenant.default_form

    def today(self) -> date:
        """The day it is where the tenant is."""
        return self.ctx.now().astimezone(ZoneInfo(self.tenant.timezone)).date()

    def value(self, *names: str) -> Any:
        """The first value of the first of these entities that was said; None when none was."""
        return next((self.entities[name][0] for name in names if self.entities.get(name)), None)

    def get(self, slot: str) -> Any:
        return self.slots.get(slot)

    def set(self, slot: str, value: Any) -> None:
        """Remember something."""
        self.slots[slot] = value
        self.changed[slot] = value

    def say(self, name: str, **facts: Any) -> None:
        """Answer with a name and its facts."""
        kept = {key: value for key, value in facts.items() if value is not None and value != ""}
        self.dispatcher.utter_message(response=name, **kept)

    def recall(self, *, first: bool = False) -> None:
        """Say after a long silence that a question was open, or that it has been put aside (gateway/silence.py)."""
        name = RECALLED.get(str(self.metadata.get("silent") or ""))
        if not name or self.chosen or (name == "utter_where_we_were" and not self.loop):
            return
        self.say(name)
        if first:
            self.dispatcher.messages.insert(0, self.dispatcher.messages.pop())

    def ask(self, slot: str, name: str, **facts: Any) -> None:
        """Ask a question of the open form."""
        self.asked = slot
        self.asked_again = True
        self.say(name, **facts)

    def open(self, form: str, **slots: Any) -> None:
        """Open a form. One that is open already waits; it goes on when the new one is done."""
        if self.loop == SINGLE:
            # A single detail that was asked for does not wait: who brings up another matter has left it.
            for name in FORM_SLOTS[self.loop]:
                self.set(name, None)
        elif self.loop and self.loop != form:
            shared = {name: self.get(name) for name in FORM_SLOTS[self.loop] if name in FORM_SLOTS[form]}
            self.set("paused", {"form": self.loop, "asked": self.asked, "slots": shared, "before": self.get("paused")})
        for name in FORM_SLOTS[form]:
            self.set(name, slots.get(name))
        self.loop = form
        self.asked = ""
        self.set("tries", None)

    def close(self, *, all_forms: bool = False) -> None:
        """Leave the open form; one that waits goes on, unless all are left."""
        for name in FORM_SLOTS.get(self.loop, ()):
            self.set(name, None)
        paused = self.get("paused")
        self.set("tries", None)
        self.loop, self.asked = "", ""
        if all_forms:
            while paused:
                for name in FORM_SLOTS[paused["form"]]:
                    self.set(name, None)
                paused = paused.get("before")
        elif paused:
            self.loop, self.asked = paused["form"], paused["asked"]
            for name, value in paused["slots"].items():
                self.set(name, value)
            paused = paused.get("before")
        self.set("paused", paused)

    def events(self) -> list[dict[str, Any]]:
        """Everything that changed, as Rasa's events."""
        events: list[dict[str, Any]] = [SlotSet(name, value) for name, value in self.changed.items()]
        if self.loop != self.was_loop:
            events.append(ActiveLoop(self.loop or None))
        if self.loop or self.was_loop:
            events.append(SlotSet(REQUESTED, self.asked or None))
            # Everything has been said in this call: Rasa need not run the form once more.
            events.append(FollowupAction("action_listen"))
        return events


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form: `answer` takes a message or gives False when it is about something else; `ask` asks what is open."""

    name: str
    answer: Callable[[Turn], Awaitable[bool]]
    ask: Handler


HANDLERS: dict[str, Handler] = {}
FORMS: dict[str, Form] = {}


def act(name: str, *intents: str) -> Callable[[Handler], Handler]:
    """Make a coroutine the Rasa action of this name; it answers these intents."""

    def mark(handler: Handler) -> Handler:
        for intent in intents:
            if intent in HANDLERS:
                raise ValueError(f"two actions answer {intent}")
            HANDLERS[intent] = handler

        async def run(self: Action, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Any]:
            turn = Turn.of(dispatcher, tracker)
            if turn.get("misses") and turn.intent not in UNDERSTOOD_NOTHING:
                turn.set("misses", None)
            turn.recall()
            await guarded(turn, handler)
            if turn.loop == turn.was_loop == SINGLE and turn.get("question") not in STAYS and turn.intent not in ASIDE:
                turn.close()  # a single detail that was asked for is left with another matter
            if turn.loop and not turn.asked_again:
                await FORMS[turn.loop].ask(turn)
            return turn.events()

        _make(name, handler.__module__, run)
        return handler

    return mark


def make_form(name: str, answer: Callable[[Turn], Awaitable[bool]], ask: Handler) -> Form:
    """Make a form: Rasa runs it as `validate_<name>`, which takes the message or rejects it for the rules to handle."""
    made = FORMS[name] = Form(name=name, answer=answer, ask=ask)

    async def run(self: Action, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Any]:
        turn = Turn.of(dispatcher, tracker)
        taken = True

        async def take(turn: Turn) -> None:
            nonlocal taken
            taken = await made.answer(turn)

        await guarded(turn, take)
        if not taken:
            return []
        turn.recall(first=True)
        if turn.loop and not turn.asked_again:
            await FORMS[turn.loop].ask(turn)
        turn.set("tries", turn.get("tries"))  # a form that sets nothing would count as not having understood
        return turn.events()

    _make(f"validate_{name}", answer.__module__, run)
    return made


async def guarded(turn: Turn, handler: Handler) -> None:
    """Run a handler; when the company's system does not answer, say so honestly and leave what waited for it."""
    try:
        await handler(turn)
    except UtilityUnavailable:
        log.warning("The company's system did not answer.", action=turn.intent, tenant=turn.tenant.slug)
        turn.dispatcher.messages.clear()
        if turn.loop:
            turn.close()
        turn.asked_again = False
        turn.say("utter_utility_down")


def _make(name: str, module: str, run: Any) -> None:
    # rasa-sdk finds actions by looking for subclasses.
    members: Mapping[str, Any] = {"name": lambda self: name, "run": run, "__module__": module}
    type("".join(part.title() for part in name.split("_")), (Action,), dict(members))
    _kept.append(Action.__subclasses__()[-1])


_kept: list[type[Action]] = []
