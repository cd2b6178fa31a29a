"""Messages that the bot did not understand, or not surely: without what names a person, and those alike together."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import yaml
from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.language.normalise import fold
from core.language.skeleton import skeleton_word, words
from core.settings import ROOT
from core.tables import Message
from desk.tables import Correction
from handoff.record_tables import TurnRecord

UNSURE = 0.55
LOOKED_BACK = timedelta(days=30)
MOST = 400
ALIKE = 0.5
LONGEST = 300
AFTERWARDS = 3  # turns in which somebody who was not understood says it another way
NOT_MEANT = frozenset(
    {"nlu_fallback", "affirm", "deny", "clarified", "cancel", "skip", "inform", "start", "code_result"}
)
DIGITS = re.compile(r"[0-9০-৯०-९][0-9০-৯०-९ .\-–]{2,}[0-9০-৯०-९]")
ADDRESS = re.compile(r"\S*(?:@|https?://|www\.)\S*", re.IGNORECASE)
# Numbers that nobody has take the place of those of customers.
NOBODYS = "102456789031246"
ZEROS = {"0": ord("0"), "০": ord("০"), "०": ord("०")}


@dataclass(frozen=True, kw_only=True)
class Said:
    """One misunderstood sentence, as often as it was said. `text` holds no number of a customer."""

    key: str
    text: str
    times: int
    latest: datetime
    conversation_id: int


@dataclass(kw_only=True)
class Cluster:
    """Sentences alike, of one written form, and what they probably meant."""

    form: str
    said: list[Said]
    likely: list[str] = field(default_factory=list)

    @property
    def times(self) -> int:
        return sum(one.times for one in self.said)


@lru_cache(maxsize=1)
def intents() -> dict[str, str]:
    """Every intent and topic that can be chosen, with its meaning."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "nlu_data" / "intents.yml").read_text("utf-8"))
    found = {name: str(row.get("meaning", "")) for name, row in document["intents"].items()}
    return found | {f"faq/{name}": str(meaning) for name, meaning in document["faq"].items()}


def key_of(text: str) -> str:
    """What two sentences share that differ in case, digits' script, signs and blanks only."""
    return "".join(word for word in words(fold(text)) if word not in "?!")[:200]


def anonymous(text: str) -> str:
    """A sentence with nobody's numbers, addresses and links in it; the length of a number stays."""
    text = ADDRESS.sub("", text)
    return " ".join(DIGITS.sub(_other, text).split())[:LONGEST]


def _other(found: re.Match[str]) -> str:
    made, place = [], 0
    for letter in found[0]:
        zero = next((start for start in ZEROS.values() if start <= ord(letter) <= start + 9), None)
        if zero is None:
            made.append(letter)
        else:
            made.append(chr(zero + int(NOBODYS[place % len(NOBODYS)])))
            place += 1
    return "".join(made)


async def waiting(session: AsyncSession, tenant: str, now: datetime) -> list[Cluster]:
    """What nobody has decided on yet, the largest cluster first."""
    query = (
        select(TurnRecord, Message)
        .join(
            Message,
            (col(Message.conversation_id) == col(TurnRecord.conversation_id))
            & (col(Message.seq) == col(TurnRecord.seq)),
        )
        .where(
            TurnRecord.tenant == tenant,
            col(TurnRecord.at) >= now - LOOKED_BACK,
            Message.direction == "incoming",
            Message.text != "",
            col(TurnRecord.intent) != "inform",  # the answer to a form's question, which no training makes clearer
            or_(
                col(TurnRecord.intent).in_(("nlu_fallback", "")),
                col(TurnRecord.outcome) == "unclear",
                col(TurnRecord.confidence) < UNSURE,
            ),
        )
        .order_by(col(TurnRecord.id).desc())
        .limit(MOST)
    )
    rows = (await session.exec(query)).all()
    decided = select(Correction.form, Correction.key).where(Correction.tenant == tenant)
    known = {(form, key) for form, key in (await session.exec(decided)).all()}
    meant = await _meant(session, [record for record, _ in rows])
    gathered: dict[tuple[str, str], list[tuple[TurnRecord, Message]]] = defaultdict(list)
    for record, message in rows:
        key = key_of(anonymous(message.text))
        if key and (record.language, key) not in known:
            gathered[record.language, key].append((record, message))
    said: dict[str, list[tuple[Said, Counter[str]]]] = defaultdict(list)
    for (form, key), pairs in gathered.items():
        votes = Counter(intent for record, _ in pairs for intent in meant.get(record.id or 0, ()))
        votes.update(record.intent for record, _ in pairs if record.intent in intents())
        newest = pairs[0]
        one = Said(
            key=key,
            text=anonymous(newest[1].text),
            times=len(pairs),
            latest=newest[0].at,
            conversation_id=newest[0].conversation_id,
        )
        said[form].append((one, votes))
    clusters = [cluster for form, found in said.items() for cluster in together(form, found)]
    return sorted(clusters, key=lambda cluster: (-cluster.times, cluster.said[0].key))


async def _meant(session: AsyncSession, records: Iterable[TurnRecord]) -> dict[int, list[str]]:
    """What each of these people said next: somebody who is not understood usually says it another way."""
    records = list(records)
    wanted = {record.conversation_id for record in records}
    query = select(TurnRecord).where(col(TurnRecord.conversation_id).in_(wanted)).order_by(col(TurnRecord.id))
    turns: dict[int, list[TurnRecord]] = defaultdict(list)
    for turn in (await session.exec(query)).all():
        turns[turn.conversation_id].append(turn)
    found: dict[int, list[str]] = {}
    for record in records:
        later = [turn for turn in turns[record.conversation_id] if (turn.id or 0) > (record.id or 0)][:AFTERWARDS]
        names = [
            f"faq/{turn.topic}" if turn.intent == "faq" else turn.intent for turn in later if turn.outcome != "unclear"
        ]
        found[record.id or 0] = [name for name in names if name in intents() and name not in NOT_MEANT]
    return found


def together(form: str, found: list[tuple[Said, Counter[str]]]) -> list[Cluster]:
    """Sentences that share half of their sounds."""
    made: list[tuple[set[str], Cluster, Counter[str]]] = []
    for one, votes in sorted(found, key=lambda pair: (-pair[0].times, pair[0].key)):
        sounds = {skeleton_word(word) for word in words(fold(one.text)) if word not in "?!"}
        home = next((row for row in made if _alike(row[0], sounds)), None)
        if home is None:
            made.append((sounds, Cluster(form=form, said=[one]), Counter(votes)))
        else:
            home[1].said.append(one)
            home[2].update(votes)
    for _, cluster, votes in made:
        cluster.likely = [name for name, _ in votes.most_common(3)]
    return [cluster for _, cluster, _ in made]


def _alike(one: set[str], other: set[str]) -> bool:
    return bool(one and other) and len(one & other) / len(one | other) >= ALIKE
