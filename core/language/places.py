"""Places in a message: a gazetteer heard by sound, in any script and with case endings, and shapes of place names.

The gazetteer is made at training from the tenants' offices and areas and nlu_data/places.yml.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from core.language.normalise import fold
from core.language.pieces import Found, Piece, Reading, stems
from core.language.skeleton import skeleton_word

_VOWELS = str.maketrans("", "", "aiou")
MIN_CONSONANTS = 5
# What a part of a town, a street or a market is called: it belongs to the name before it.
GENERIC = frozenset(
    fold(
        """road rd street lane bazar bazaar bajar mor more moor station
    stand colony nagar block sector area elaka para mohalla chowk market
    tola gate ghat hat ganj city town sadar shohor shahar gram gaon gali link avenue housing society east west north south central
    রোড রোডে বাজার মোড় স্টেশন কলোনি নগর ব্লক সেক্টর এলাকা পাড়া মহল্লা চক মার্কেট গেট ঘাট হাট সদর শহর গ্রাম
    গলি লেন বাসস্ট্যান্ড পূর্ব পশ্চিম উত্তর দক্ষিণ
    रोड बाजार चौक चौराहा चौराहे कॉलोनी नगर सेक्टर मोहल्ला गली स्टेशन मार्केट गंज तिराहा बस्ती वार्ड गांव टोला"""
    ).split()
)
# Not part of a name when it stands alone after it ("Mirpur area" is Mirpur).
LOOSE_END = frozenset(fold("area elaka এলাকা মহল্লা gram gaon গ্রাম গ্রামে गांव shohor shahar").split())
SUFFIXES = tuple(
    fold(suffix)
    for suffix in (
    "pur", "pore", "puur", "ganj", "gonj", "gunj", "nagar", "nogor", "abad", "gaon", "khali", "danga", "hati", "hata", "kandi",
    "para", "garh", "kheda", "khedi", "wada", "wara", "puram", "gachha", "gacha", "bagh", "dighi", "khola", "ghata", "katra",
    "sarai",
    "পুর", "গঞ্জ", "নগর", "আবাদ", "গাঁও", "খালী", "খালি", "ডাঙ্গা", "ডাঙা", "হাটি", "হাটা", "বাড়ী", "কান্দি", "পাড়া", "গড়", "বাগ",
    "দীঘি", "কাঠি", "ছড়ি",
    "पुर", "गंज", "नगर", "बाद", "गांव", "गढ़", "खेड़ा", "खेड़ी", "वाड़ा", "पुरा", "गढ", "खेडा",
    )
)  # fmt: skip
_BEFORE = frozenset(["in", "at", "near", "from", "inside", "behind", "beside", "opposite"])
_STOP = frozenset(
    """
        the my our this that your which bill home house office meter account november october money time night
        morning
    """.split()
)


@dataclass
class Gazetteer:
    """Names by sound, and everyday words that are never places."""

    names: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    bones: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    everyday: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str], everyday: Iterable[str] = ()) -> Gazetteer:
        """From names in any script and words that stand in sentences anyway."""
        result = cls(everyday=frozenset(everyday))
        for name in names:
            parts = tuple(
                piece.text if piece.is_number else skeleton_word(piece.text)
                for piece in Reading.of(name).pieces
                if piece.is_number or piece.is_word
            )
            if not parts or len("".join(parts)) < 3:
                continue
            listed = result.names.setdefault(parts[0], [])
            if parts not in listed:
                listed.append(parts)
            bones = tuple(_bones(part) for part in parts)
            if len(bones) == 1 and len(bones[0]) >= MIN_CONSONANTS:
                result.bones.setdefault(bones[0], []).append(bones)
        for listed in result.names.values():
            listed.sort(key=len, reverse=True)
        return result

    def read(self, reading: Reading, taken: set[int]) -> Iterator[Found]:
        """Every place of a message. `taken` are letters of the normal text that are something else."""
        pieces = reading.pieces
        free = [not any(letter in taken for letter in range(piece.start, piece.end)) for piece in pieces]
        place = 0
        while place < len(pieces):
            size, cut = self._known(pieces, place) if free[place] else (0, 0)
            if not size:
                size, cut = self._shaped(reading, place) if free[place] else (0, 0)
            if not size:
                place += 1
                continue
            last, end = self._grow(pieces, free, place + size - 1, pieces[place + size - 1].start + cut)
            yield reading.found("place", pieces[place].start, end)
            place = last + 1

    def _known(self, pieces: tuple[Piece, ...], place: int) -> tuple[int, int]:
        """Pieces that are a known name, and the letters of the last that stay without its case ending."""
        if not pieces[place].is_word or len(pieces[place].text) < 3:
            return 0, 0
        for stem, kept in stems(pieces[place].text):
            sound = skeleton_word(stem)
            for name in self.names.get(sound, ()):
                if len(name) == 1:
                    if pieces[place].text in self.everyday:
                        continue
                    return 1, kept
                if kept == len(pieces[place].text):
                    more = self._rest(pieces, place, name)
                    if more:
                        return len(name), more
        if pieces[place].text in self.everyday:
            return 0, 0
        for stem, kept in reversed(stems(pieces[place].text)):
            bones = _bones(skeleton_word(stem))
            if len(bones) >= MIN_CONSONANTS and bones in self.bones and stem not in self.everyday:
                return 1, kept
        return 0, 0

    def _rest(self, pieces: tuple[Piece, ...], place: int, name: tuple[str, ...]) -> int:
        """Letters kept of the last word when the words from here are this name."""
        following = pieces[place : place + len(name)]
        if len(following) < len(name):
            return 0
        for piece, part in list(zip(following, name, strict=False))[1:-1]:
            if (piece.text if piece.is_number else skeleton_word(piece.text)) != part:
                return 0
        last = following[-1]
        if last.is_number:
            return len(last.text) if last.text == name[-1] else 0
        for stem, kept in stems(last.text):
            if skeleton_word(stem) == name[-1]:
                return kept
        return 0

    def _shaped(self, reading: Reading, place: int) -> tuple[int, int]:
        """A word that only looks like a place: its ending, or a capital after "in"."""
        piece = reading.pieces[place]
        if not piece.is_word or len(piece.text) < 5 or piece.text in self.everyday or piece.text in _STOP:
            return 0, 0
        for stem, _ in stems(piece.text):
            if stem in self.everyday:
                return 0, 0
        for stem, kept in stems(piece.text):
            if stem.endswith(SUFFIXES) and len(stem) >= 6:
                return 1, kept
        original = reading.normal.piece(piece.start, piece.end)
        before = reading.pieces[place - 1].text if place else ""
        if before in _BEFORE and original[:1].isupper():
            return 1, len(piece.text)
        after = reading.pieces[place + 1].text if place + 1 < len(reading.pieces) else ""
        if original.isascii() and after in (
            "bazar",
            "bazaar",
            "bajar",
            "colony",
            "nagar",
            "chowk",
            "gaon",
            "mor",
        ):
            return 1, len(piece.text)
        return 0, 0

    def _grow(self, pieces: tuple[Piece, ...], free: list[bool], last: int, end: int) -> tuple[int, int]:
        """Take in what belongs to the name: another place, a street, a number."""
        while True:
            following = last + 1
            if following >= len(pieces):
                return last, end
            piece = pieces[following]
            glued = piece.start - pieces[last].end <= 1 and end == pieces[last].end
            if piece.text in (",", "-") and following + 1 < len(pieces) and end == pieces[last].end:
                size, cut = self._known(pieces, following + 1)
                if size and free[following + 1]:
                    last = following + size
                    end = pieces[last].start + cut
                    continue
                if piece.text == "-" and pieces[following + 1].is_number and len(pieces[following + 1].text) <= 2:
                    last, end = following + 1, pieces[following + 1].end
                    continue
                return last, end
            if not glued or not free[following]:
                return last, end
            if piece.is_number and len(piece.text) <= 2 and self._house_number(pieces, following):
                last, end = following, piece.end
                continue
            generic = next((kept for stem, kept in stems(piece.text) if stem in GENERIC), 0) if piece.is_word else 0
            if generic and piece.text not in LOOSE_END:
                last, end = following, piece.start + generic
                continue
            size, cut = self._known(pieces, following)
            if not size:
                return last, end
            last = following + size - 1
            end = pieces[last].start + cut

    @staticmethod
    def _house_number(pieces: tuple[Piece, ...], place: int) -> bool:
        """A number after a name is part of it unless it counts something."""
        if place + 1 >= len(pieces):
            return True
        after = pieces[place + 1].text
        return after in _AFTER_NUMBER or not (pieces[place + 1].is_word or after in ":.-/")


_AFTER_NUMBER = frozenset(
    fold(
        """e te er me mein no nombor number এ তে এর নম্বর নাম্বার এলাকায় में का की के से
        in is has we there no road sector block pe par নং মে line light current power wire bijli"""
    ).split()
)


def _bones(sound: str) -> str:
    return sound[:1] + sound[1:].translate(_VOWELS)
