"""How Bengali and Devanagari letters sound, written in Latin letters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Script:
    """Sounds of one script: consonants carry the inherent vowel unless a sign or the virama follows."""

    consonants: dict[str, str]
    others: dict[str, str]
    signs: frozenset[str]
    joined: dict[str, str]
    silent: frozenset[str]
    virama: str
    inherent: str


_BENGALI_SIGNS = {
    "া": "a", "ি": "i", "ী": "i", "ু": "u", "ূ": "u", "ৃ": "ri", "ে": "e", "ৈ": "oi", "ো": "o", "ৌ": "ou",
}  # fmt: skip
BENGALI = Script(
    consonants={
        "ক": "k", "খ": "k", "গ": "g", "ঘ": "g", "চ": "ch", "ছ": "ch", "জ": "j", "ঝ": "j", "ট": "t", "ঠ": "t",
        "ড": "d", "ঢ": "d", "ণ": "n", "ত": "t", "থ": "t", "দ": "d", "ধ": "d", "ন": "n", "প": "p", "ফ": "f",
        "ব": "v", "ভ": "v", "ম": "m", "য": "j", "র": "r", "ল": "l", "শ": "s", "ষ": "s", "স": "s", "হ": "h",
        "\u09dc": "r", "\u09dd": "r", "\u09df": "y", "ঞ": "n", "ঙ": "ng",
    },
    others={
        "অ": "o", "আ": "a", "ই": "i", "ঈ": "i", "উ": "u", "ঊ": "u", "ঋ": "ri", "এ": "e", "ঐ": "oi", "ও": "o", "ঔ": "ou",
        "ৎ": "t", "ং": "ng", "ঃ": "", "ঁ": "",
    } | _BENGALI_SIGNS,
    signs=frozenset(_BENGALI_SIGNS) | frozenset("্"),
    joined={"ক্ষ": "k", "জ্ঞ": "g", "ঙ্গ": "ng", "ঙ্ক": "nk"},
    silent=frozenset("যব"),
    virama="্",
    inherent="o",
)  # fmt: skip

_DEVANAGARI_SIGNS = {
    "ा": "a", "ि": "i", "ी": "i", "ु": "u", "ू": "u", "ृ": "ri", "े": "e", "ै": "ai", "ो": "o", "ौ": "au", "ॉ": "o", "ॅ": "e",
}  # fmt: skip
DEVANAGARI = Script(
    consonants={
        "क": "k", "ख": "k", "ग": "g", "घ": "g", "च": "ch", "छ": "ch", "ज": "j", "झ": "j", "ट": "t", "ठ": "t",
        "ड": "d", "ढ": "d", "ण": "n", "त": "t", "थ": "t", "द": "d", "ध": "d", "न": "n", "प": "p", "फ": "f",
        "ब": "v", "भ": "v", "म": "m", "य": "y", "र": "r", "ल": "l", "व": "v", "श": "s", "ष": "s", "स": "s", "ह": "h",
        "ळ": "l", "ञ": "n", "ङ": "n",
    },
    others={
        "अ": "a", "आ": "a", "इ": "i", "ई": "i", "उ": "u", "ऊ": "u", "ऋ": "ri", "ए": "e", "ऐ": "ai", "ओ": "o", "औ": "au",
        "ऑ": "o", "ं": "n", "ँ": "n", "ः": "",
    } | _DEVANAGARI_SIGNS,
    signs=frozenset(_DEVANAGARI_SIGNS) | frozenset("्"),
    joined={"क्ष": "ksh", "ज्ञ": "gy"},
    silent=frozenset(),
    virama="्",
    inherent="a",
)  # fmt: skip
