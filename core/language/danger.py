"""Danger to life in a message: found in microseconds, in every written form, with nothing else running.

Words are looked up by a loose spelling, and long ones forgive a slip. Two
meanings near each other make a danger (wire + fallen, pole + leaning, smoke + transformer). A miss is worse than a
false alarm, so only plain figures of speech and general questions are let go. Promise T38 of the threat list.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from core.language import danger_model
from core.language.data import danger as table
from core.language.normalise import MAX_TEXT, fold
from core.language.skeleton import skeleton_word, words
from core.language.spelling import loose

# Words marked `~` in the table are found with a letter missing, added or changed, when they are at least so long.
FORGIVEN = 5
ALONE = 3  # so few words need no second meaning
TOLD = 3  # from so many words on the learned model is believed alone: "current", "current gese" tell of a cut or ask
BESIDE = 3  # a figure of speech stands so near the word it turns
# From this score on the learned model is believed alone; see bot/components/danger_table.py for what it costs.
CONVINCED = -0.75
# Down to minus this score, tables read by sound instead of spelling are believed.
LEANING = 2.0
# Below minus this score, the tables are overruled: all words of the sentence speak of something else.
UNLIKELY = 7.0
# From this score on a figure of speech or a question changes nothing.
SURE = 2.0
# What a danger is called that only the model sees, by the first meaning found.
_LIKELY = (("wire", "wire"), ("pole", "pole"), ("fire", "fire"), ("smoke", "smoke"), ("shock", "shock"), ("current", "shock"),
           ("water", "water"), ("spark", "spark"), ("line", "wire"), ("gear", "spark"))  # fmt: skip


@dataclass(frozen=True)
class Danger:
    """What kind of danger, and the words that said so."""

    kind: str
    words: tuple[str, ...] = ()


class Lexicon:
    """Meanings of words: whole words, beginnings, phrases, and marked words with one slip."""

    def __init__(self, concepts: dict[str, str], by_sound: bool = False) -> None:
        self._by_sound = by_sound
        self._exact: dict[str, set[str]] = {}
        self._begins: dict[str, set[str]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._slips: dict[str, set[str]] = {}
        for concept, listed in concepts.items():
            for word in listed.split():
                self._add(concept, word)

    def _add(self, concept: str, word: str) -> None:
        parts = [part for piece in word.split("_") for part in (sounds(piece) if self._by_sound else spellings(piece))]
        if not parts:
            return
        if len(parts) > 1:
            self._phrases.setdefault(parts[0], []).append((tuple(parts), concept))
        elif word.endswith("*"):
            self._begins.setdefault(parts[0], set()).add(concept)
        else:
            self._exact.setdefault(parts[0], set()).add(concept)
            if word.endswith("~"):
                for shorter in {parts[0], *_shorter(parts[0])}:
                    self._slips.setdefault(shorter, set()).add(concept)

    @lru_cache(maxsize=16384)  # noqa: B019 - one lexicon lives as long as the process
    def meanings(self, word: str) -> frozenset[str]:
        """What a word can mean."""
        found = set(self._exact.get(word, ()))
        if found:
            return frozenset(found)
        for size in range(4, len(word) + 1):
            found |= self._begins.get(word[:size], set())
        if not found and len(word) >= FORGIVEN:
            found |= self._slips.get(word, set())
            for shorter in _shorter(word):
                found |= self._slips.get(shorter, set())
        return frozenset(found)

    def read(self, heard: list[str]) -> dict[str, list[int]]:
        """Where each meaning stands."""
        places: dict[str, list[int]] = {}
        for place, word in enumerate(heard):
            meant = set(self.meanings(word))
            for phrase, concept in self._phrases.get(word, ()):
                if tuple(heard[place : place + len(phrase)]) == phrase:
                    meant.add(concept)
            for concept in meant:
                places.setdefault(concept, []).append(place)
        return places

    def covered(self, heard: list[str]) -> set[int]:
        """Places taken by any phrase or word of this lexicon."""
        taken: set[int] = set()
        for place, word in enumerate(heard):
            if word in self._exact:
                taken.add(place)
            for phrase, _ in self._phrases.get(word, ()):
                if tuple(heard[place : place + len(phrase)]) == phrase:
                    taken.update(range(place, place + len(phrase)))
        return taken


def spellings(text: str) -> list[str]:
    """The words of a text in loose spelling."""
    return [loose(word) for word in words(fold(text)) if word not in "?!"]


def sounds(text: str) -> list[str]:
    """The words of a text by sound: coarser than their loose spelling."""
    return [skeleton_word(word) for word in words(fold(text)) if word not in "?!"]


def _shorter(word: str) -> Iterable[str]:
    return {word[:place] + word[place + 1 :] for place in range(1, len(word))}


_MEANINGS = Lexicon(table.CONCEPTS)
_MEANINGS_BY_SOUND = Lexicon(table.CONCEPTS, by_sound=True)
_NOT = {
    "fire": Lexicon({"not": table.NOT_FIRE}),
    "spark": Lexicon({"not": table.NOT_SPARK}),
    "pole": Lexicon({"not": table.NOT_POLE}),
    "shock": Lexicon({"not": table.NOT_SHOCK}),
    "smoke": Lexicon({"not": table.NOT_SMOKE}),
}
_NOT_WIRE = Lexicon({"not": table.NOT_WIRE})
_FIGURE = Lexicon({"figure": table.FIGURE})
_HEARSAY = Lexicon({"hearsay": table.HEARSAY})
_AFTERWARDS = Lexicon({"afterwards": table.AFTERWARDS})
_ASKING = Lexicon({"asking": table.ASKING, "what": table.WHAT_TO_DO, "if": table.IF})

# The meanings that speak for a kind, where they have another name.
_SAID = {
    "shock": ("shock", "current", "electrocuted"),
    "fire": ("fire", "burning", "blast"),
    "spark": ("spark", "short"),
}

# (kind, one meaning, another, how many words apart at most)
_PAIRS = (
    ("shock", "current", "hit", 3),
    ("shock", "current", "victim", 5),
    ("shock", "power", "victim", 3),
    ("shock", "current", "hang", 3),
    ("shock", "power", "shock", 5),
    ("shock", "shock", "current", 6),
    ("shock", "shock", "hit", 3),
    ("shock", "shock", "surface", 7),
    ("shock", "shock", "touch", 6),
    ("shock", "shock", "pole", 7),
    ("shock", "shock", "water", 6),
    ("shock", "shock", "gear", 6),
    ("shock", "shock", "victim", 7),
    ("shock", "shock", "wire", 6),
    ("fire", "fire", "gear", 8),
    ("fire", "fire", "pole", 8),
    ("fire", "fire", "wire", 8),
    ("fire", "fire", "line", 6),
    ("fire", "fire", "catch", 2),
    ("fire", "burning", "gear", 4),
    ("fire", "burning", "pole", 5),
    ("fire", "burning", "wire", 5),
    ("smoke", "smoke", "gear", 8),
    ("smoke", "smoke", "pole", 8),
    ("smoke", "smoke", "wire", 8),
    ("smoke", "smoke", "fire", 8),
    ("smoke", "smell", "gear", 8),
    ("smoke", "smell", "wire", 8),
    ("smoke", "smell", "smoke", 8),
    ("fire", "blast", "gear", 5),
    ("fire", "blast", "pole", 5),
    ("fire", "blast", "wire", 5),
    ("spark", "blast", "line", 3),
    ("fire", "fire", "plea", 6),
    ("shock", "shock", "plea", 6),
    ("wire", "wire", "fall", 6),
    ("wire", "wire", "hang", 8),
    ("wire", "wire", "low", 4),
    ("wire", "wire", "stuck", 6),
    ("wire", "wire", "crash", 5),
    ("shock", "line", "stuck", 4),
    ("pole", "pole", "stuck", 5),
    ("wire", "wire", "accident", 6),
    ("wire", "line", "accident", 6),
    ("wire", "wire", "alarm", 6),
    ("pole", "pole", "alarm", 6),
    ("wire", "enclosure", "open", 4),
    ("wire", "wire", "open", 3),
    ("wire", "wire", "water", 6),
    ("wire", "wire", "ground", 4),
    ("wire", "wire", "victim", 7),
    ("wire", "line", "strongfall", 4),
    ("pole", "pole", "lean", 6),
    ("pole", "pole", "fall", 5),
    ("pole", "pole", "victim", 6),
    ("pole", "pole", "crash", 4),
    ("water", "water", "box", 5),
    ("water", "water", "counter", 5),
    ("water", "box", "wet", 4),
)  # fmt: skip


def detect(text: str, *, second: bool = True) -> Danger | None:
    """The danger a message speaks of, or None. Looks at the first 4,096 characters only; linear in their number.

    `second` asks the learned second opinion where the word tables are silent.
    """
    return _detect(text[:MAX_TEXT], second)


@lru_cache(maxsize=1024)
def _detect(text: str, second: bool) -> Danger | None:
    heard = spellings(text)
    if not heard:
        return None
    places = _places(_MEANINGS, heard, heard)
    kind = _kind(heard, places)
    score = danger_model.score(text) if second else 0.0
    if kind is not None and score < SURE and _only_dark(kind, places):
        kind = None
    if kind is not None and _other_wire(kind, heard, places):
        return None
    if kind is not None and score >= -UNLIKELY and (score > SURE or not _let_go(kind, heard, places)):
        return Danger(kind)
    if kind is not None or score < -LEANING or not second:
        return None
    places = _places(_MEANINGS_BY_SOUND, sounds(text), heard)
    kind = _kind(heard, places, alone=False)
    if kind is not None and not _only_dark(kind, places) and not _let_go(kind, heard, places):
        return Danger(kind)
    if score < SURE and "theft" in places:
        return None
    if len(set(heard)) < TOLD or score < CONVINCED or (score < SURE and (_excused(heard) or _only_gone(places))):
        return None
    named = next((Danger(kind) for concept, kind in _LIKELY if concept in places), None)
    return named or (Danger("spark") if score > SURE else None)


def by_sound(text: str) -> bool:
    """Whether the tables find danger when they are read by sound; alone it would cry wolf."""
    heard = spellings(text)
    places = _places(_MEANINGS_BY_SOUND, sounds(text), heard)
    kind = _kind(heard, places, alone=False)
    return kind is not None and not _only_dark(kind, places) and not _let_go(kind, heard, places)


def speaks_of_it(text: str) -> bool:
    """Whether anything is named that can be dangerous; without it the learned model is not believed."""
    places = _places(_MEANINGS_BY_SOUND, sounds(text), spellings(text))
    return any(concept in places for concept, _ in _LIKELY)


def _places(lexicon: Lexicon, heard: list[str], spelt: list[str]) -> dict[str, list[int]]:
    """Where each meaning stands, without what a phrase takes away ("fire service" is no fire)."""
    places = lexicon.read(heard)
    for concept, phrases in _NOT.items():
        if concept in places:
            taken = phrases.covered(spelt)
            places[concept] = [place for place in places[concept] if place not in taken]
    return places


def _kind(heard: list[str], places: dict[str, list[int]], *, alone: bool = True) -> str | None:
    """The kind of danger that meanings near each other make; `alone`: in a very short message one may be enough."""
    if places.get("electrocuted"):
        return "shock"
    if places.get("spark") or places.get("short"):
        return "spark"
    for kind, one, other, apart in _PAIRS:
        if one in places and other in places and near(places[one], places[other], apart):
            if (one, other) == ("water", "box") and not places.get("drown"):
                continue
            if (one, other) == ("water", "counter") and not places.get("sunk"):
                continue
            if one == "burning" and "indicator" in places:
                continue
            return kind
    if _current_where_it_must_not_be(places):
        return "shock"
    current = places.get("current", [])
    if near(current, places.get("plea", []), 2) and not near(current, places.get("neg", []), 3):
        return "shock"
    if _tree_on_the_line(places):
        return "wire"
    if alone and len(set(heard)) <= ALONE:
        for concept in ("fire", "shock"):
            if places.get(concept):
                return concept
    return None


def _current_where_it_must_not_be(places: dict[str, list[int]]) -> bool:
    """Current in a gate, a wall, water, a pole: with a word that it comes, not that it is gone."""
    current = places.get("current", [])
    present, gone = places.get("present", []), places.get("neg", [])
    for where in ("surface", "water", "pole", "wire"):
        if where not in places or not near(current, places[where], 4) or near(current, gone, 3):
            continue
        if near(current, present, 3) or (where != "water" and near(current, places[where], 2)):
            return True
    if near(places.get("power", []), places.get("surface", []), 4) and "leak" in places:
        return True
    if "person" in places and near(places.get("power", []), places.get("hit", []), 2):
        return near(places["person"], places["power"], 3)
    return near(current, places.get("touch", []), 4) and ("hit" in places or not near(current, gone, 4))


def _tree_on_the_line(places: dict[str, list[int]]) -> bool:
    tree = places.get("tree", [])
    line = sorted(places.get("wire", []) + places.get("line", []))
    moved = sorted(places.get("fall", []) + places.get("hang", []))
    return near(tree, line, 6) and (near(tree, moved, 5) or near(line, places.get("ontop", []), 2))


def _let_go(kind: str, heard: list[str], places: dict[str, list[int]]) -> bool:
    """Figures of speech, general questions, theft, and what is asked for afterwards."""
    asked = _ASKING.read(heard)
    if "if" in asked and ("asking" in asked or "what" in asked):
        return True
    if "asking" in asked and "present" not in places and "ground" not in places:
        return True
    if kind in ("shock", "pole") and _AFTERWARDS.covered(heard):
        return True
    said = sorted(place for name in _SAID.get(kind, (kind,)) for place in places.get(name, ()))
    body = any(name in places for name in ("surface", "touch", "pole", "wire", "water", "victim"))
    # Beside the word itself: "shocked by the bill", but not "how much is my bill, and the transformer burns".
    if kind in ("shock", "fire", "spark") and not body and near(said, sorted(_FIGURE.covered(heard)), BESIDE):
        return True
    if kind == "shock" and not body and near(said, sorted(_HEARSAY.covered(heard)), BESIDE):
        return True
    if kind in ("wire", "shock") and _stolen(places):
        return True
    if (
        kind == "wire"
        and near(places.get("tree", []), places.get("open", []), 2)
        and not any(name in places for name in ("fall", "hang"))
    ):
        return True
    wires = sorted(place for name in ("wire", "line", "pole") for place in places.get(name, ()))
    return kind in ("wire", "pole") and near(wires, sorted(_NOT_WIRE.covered(heard)), BESIDE)


def _only_dark(kind: str, places: dict[str, list[int]]) -> bool:
    """No current since so long ("haradin dhoira current nai"), or dying of the heat without it: the word beside is no hit."""
    if kind != "shock" or not near(places.get("current", []), places.get("neg", []), 1):
        return False
    hurts = ("wire", "pole", "fire", "smoke", "spark", "shock", "surface", "touch", "water", "electrocuted", "stuck")
    return not any(places.get(name) for name in hurts)


def _other_wire(kind: str, heard: list[str], places: dict[str, list[int]]) -> bool:
    """The wire of a dish, a telephone, the internet, and nothing of electricity beside it."""
    if kind != "wire" or any(
        places.get(name) for name in ("current", "shock", "spark", "fire", "smoke", "pole", "tree")
    ):
        return False
    other = sorted(_NOT_WIRE.covered(heard))
    return bool(places.get("wire")) and all(near([place], other, BESIDE) for place in places["wire"])


def _stolen(places: dict[str, list[int]]) -> bool:
    """A line that somebody made for himself, and nothing of it that fell, burns or hurts."""
    if "theft" not in places or near(places.get("current", []), places.get("hit", []), 3):
        return False
    return not any(
        name in places for name in ("strongfall", "hang", "victim", "fire", "smoke", "spark", "shock", "electrocuted")
    )


def _only_gone(places: dict[str, list[int]]) -> bool:
    """No current, no line, and nothing else that could hurt: a power cut."""
    gone = any(near(places.get(name, []), places.get("neg", []), 2) for name in ("current", "line", "power"))
    return gone and not any(name in places for name in ("wire", "pole", "fire", "smoke", "spark", "shock", "victim"))


def _excused(heard: list[str]) -> bool:
    """Asked in general, afterwards, or as a figure of speech."""
    return any(
        lexicon.covered(heard) for lexicon in (_ASKING, _AFTERWARDS, _FIGURE, _HEARSAY, _NOT_WIRE, *_NOT.values())
    )


def near(one: list[int], other: list[int], apart: int) -> bool:
    """Whether two different words of two sorted lists stand at most so many words apart."""
    for place in one:
        at = bisect_left(other, place - apart)
        while at < len(other) and other[at] <= place + apart:
            if other[at] != place:
                return True
            at += 1
    return False
