"""One message through the dialogue core, with the dialogue's state carried by the caller.

Rasa's own way keeps a tracker between messages, answers 200 when it failed and goes on after a broken action. Here
nothing is kept: the state comes with the request and goes back with the answer, so a process that is killed, late
or run twice has nothing to lose or to double; and any failure is raised to the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rasa.core.actions.action import ActionExecutionRejection
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    Event,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

from bot.components.context import LAST_TASK, lean
from bot.components.several import LAST, MOST, Read, wishes

CHANNEL = "sathi"
WAITING = "waiting"
# Set by Rasa itself while a message is handled; they mean nothing in the next one.
FLEETING = ("session_started_metadata",)
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class TurnError(Exception):
    """The turn cannot be trusted: the channel answers with a 5xx."""


class Silent(OutputChannel):
    """Output is read from the events, not from a channel."""

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        return None


@dataclass
class Turn:
    """What one message led to."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    parse: dict[str, Any] = field(default_factory=dict)
    handed_over: bool = False  # a person was asked for: nothing more is said


def plain(text: str) -> str:
    """Text that cannot be taken for Rasa's `/intent` shorthand, of the same length so that offsets hold.

    Only a leading slash has that power; it may hide behind blanks and invisible characters.
    """
    for place, letter in enumerate(text):
        if letter == "/":
            return " " * place + "\u2215" + text[place + 1 :]
        if not (letter.isspace() or letter in INVISIBLE):
            break
    return text


def choice_parse(choice: dict[str, Any]) -> dict[str, Any]:
    """The parse of a button: certain, and never guessed from text."""
    entities = [{"entity": name, "value": value} for name, value in (choice.get("entities") or {}).items()]
    intent = {"name": choice["intent"], "confidence": 1.0}
    return {
        "text": str(choice.get("title", "")),
        "intent": intent,
        "entities": entities,
        "intent_ranking": [intent],
        "topic": choice.get("topic", ""),
        "chosen": True,
    }


def restore(processor: MessageProcessor, sender: str, state: dict[str, Any]) -> DialogueStateTracker:
    """The tracker as it stood at the end of the last turn, as short as it can be: prediction time grows with length."""
    domain = processor.domain
    events: list[Event] = [ActionExecuted(ACTION_LISTEN_NAME)]
    known = {slot.name for slot in domain.slots}
    events += [SlotSet(name, value) for name, value in (state.get("slots") or {}).items() if name in known]
    loop = state.get("active_loop")
    if loop and loop in domain.form_names:
        events.append(ActiveLoop(loop))
        events.append(ActionExecuted(loop))
        events.append(ActionExecuted(ACTION_LISTEN_NAME))
    return DialogueStateTracker.from_events(sender, events, slots=domain.slots, domain=domain)


def snapshot(tracker: DialogueStateTracker) -> dict[str, Any]:
    """The state to carry to the next turn: slots that are set, and the running form."""
    slots = {
        slot.name: slot.value
        for slot in tracker.slots.values()
        if isinstance(slot, Slot)
        and slot.value is not None
        and slot.value != slot.initial_value
        and slot.name not in FLEETING
    }
    loop = tracker.active_loop_name
    if not loop:
        slots.pop(REQUESTED_SLOT, None)
    return {"slots": slots, "active_loop": loop}


async def run_turn(processor: MessageProcessor, request: dict[str, Any]) -> Turn:
    """Handle one request; raises when any part of it failed.

    Of several wishes in one message those that wait for the end of a form travel in the slot `waiting` and have their
    turn as soon as no form runs any more.
    """
    sender = str(request["turn"])
    tracker = restore(processor, sender, request.get("state") or {})
    choice = request.get("choice")
    message = UserMessage(
        text=plain(str(request.get("text") or "")) if not choice else str(choice.get("title", "")),
        output_channel=Silent(),
        sender_id=sender,
        parse_data=choice_parse(choice) if choice else None,
        input_channel=CHANNEL,
        metadata=request.get("metadata") or {},
    )
    parse = message.parse_data or await processor.parse_message(message, tracker)
    parses = [parse]
    # An answer to a form's question is never taken apart.
    if not message.parse_data and not tracker.active_loop_name:
        parses = await wishes(message.text or "", parse, _reader(processor, message, tracker))
        if len(parses) == 1:
            parses = [lean(message.text or "", parse, str(tracker.get_slot(LAST_TASK) or ""))]
    turn = Turn(parse=parses[0])
    left = list(tracker.get_slot(WAITING) or [])
    await _listen(processor, tracker, message, parses[0], turn)
    left = [*(_as_choice(parse) for parse in parses[1:]), *left][:MOST]
    while left and not tracker.active_loop_name and not turn.handed_over:
        following = choice_parse(left.pop(0))
        await _listen(processor, tracker, message, following, turn)
    tracker.update(SlotSet(WAITING, left if left and not turn.handed_over else None), processor.domain)
    turn.state = snapshot(tracker)
    return turn


def _reader(processor: MessageProcessor, message: UserMessage, tracker: DialogueStateTracker) -> Read:
    async def read(text: str) -> dict[str, Any]:
        part = UserMessage(
            text=plain(text), sender_id=message.sender_id, input_channel=CHANNEL, metadata=message.metadata
        )
        return dict(await processor.parse_message(part, tracker))

    return read


def _as_choice(parse: dict[str, Any]) -> dict[str, Any]:
    """A wish that waits, in the form in which a button carries one."""
    entities: dict[str, Any] = {}
    for entity in parse.get("entities") or []:
        entities.setdefault(entity["entity"], entity["value"])
    return {"intent": parse["intent"]["name"], "topic": parse.get("topic") or "", "entities": entities}


async def _listen(
    processor: MessageProcessor, tracker: DialogueStateTracker, message: UserMessage, parse: dict[str, Any], turn: Turn
) -> None:
    """Tell the tracker what was said and act until there is nothing more to do."""
    tracker.update(
        UserUttered(
            message.text,
            parse["intent"],
            parse["entities"],
            parse,
            input_channel=CHANNEL,
            message_id=message.sender_id,
            metadata=message.metadata,
        ),
        processor.domain,
    )
    while True:
        action, prediction = processor.predict_next_with_tracker_if_should(tracker)
        name = action.name()
        if name == ACTION_LISTEN_NAME:
            break
        turn.actions.append(name)
        scratch = tracker.copy()
        scratch.update_with_events(prediction.events, processor.domain)
        try:
            events = await action.run(message.output_channel, processor.nlg, scratch, processor.domain) or []
        except ActionExecutionRejection:
            tracker.update(ActionExecutionRejected(name, prediction.policy_name, prediction.max_confidence))
            continue
        processor._log_action_on_tracker(tracker, action, events, prediction)
        for event in events:
            if isinstance(event, BotUttered):
                turn.answers.append(_answer(event, name))
    if parse["intent"].get("name") == LAST:
        turn.handed_over = True
    # So that the next wish is heard as a message of its own.
    tracker.update(ActionExecuted(ACTION_LISTEN_NAME), processor.domain)


def _answer(event: BotUttered, action: str) -> dict[str, Any]:
    name = event.metadata.get("answer")
    if not name:
        raise TurnError(f"{action} said something that is not an answer's name")
    return {"name": name, "facts": event.metadata.get("answer_facts") or {}}
