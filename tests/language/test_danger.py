"""Danger to life: found in five written forms, in microseconds; figures of speech are let go."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core.language.danger import detect
from gateway.sentence_lint import Corpus

ROOT = Path(__file__).resolve().parents[2]
HAZARD = "report_hazard"
# What the detector alone reaches on sentences nobody trained on; docs/understanding.md tells what is missing to 1.00.
HELD_OUT_RECALL = 0.92
HELD_OUT_FALSE_ALARMS = 0.12
ORDINARY_FALSE_ALARMS = 0.013

DANGER = [
    ("a wire has fallen on the road", "wire"),
    ("transformer spark kortese", "spark"),
    ("খুঁটি হেলে পড়ছে", "pole"),
    ("तार टूट कर सड़क पर पड़ा है", "wire"),
    ("taar latak raha hai school ke paas", "wire"),
    ("মিটার থেকে ধোঁয়া বের হয়", "smoke"),
    ("बच्चे को करंट लग गया", "shock"),
    ("bachche ko karant lag gaya", "shock"),
    ("panite current er tar pore ase", "wire"),
    ("TRANSFORMER E AGUN!!!", "fire"),
    ("🔥 transformer", "fire"),
    ("fridge dhorle shock kore", "shock"),
    ("gach pore tar er upor", "wire"),
    ("khamba jhuk gaya hai girne wala hai", "pole"),
    ("ট্রান্সফর্মার ব্লাস্ট করছে", "fire"),
    ("trnsformer me aag", "fire"),
    ("তার\u200c ছিঁড়ে\u200b পড়ছে", "wire"),
]

# Asking what to do, or asking for something else besides, does not make it less true.
DANGER += [
    ("wire fell what to do", "wire"),
    ("taar gir gaya kya kare", "wire"),
    ("খুঁটি পড়ে গেছে করণীয় কী", "pole"),
    ("wifi nai ar rastay taar chire porse", "wire"),
    ("amar bill koto ar transformer e agun lagse", "fire"),
]

NO_DANGER = [
    "shock laglo bill dekhe",
    "ফায়ার সার্ভিস নাম্বার",
    "fire brigade ka number do",
    "bill na deyay line kete dise",
    "current affairs book",
    "this song is fire",
    "what to do if a wire falls",
    "বিলের অংক দেখে শক খাইছি",
    "polling agent er bhata koto",
    "tar sathe kotha bolbo pore",
    "headphone er tar chire gese",
    "no electricity since morning",
    "भैया घर में करंट नहीं है सुबह से",
    "line chole gese ek ghonta, ghore shishu ache",
    "pariksha ka result dekhkar jhatka laga",
    "kal bijli kab aayegi",
    "spark plug price",
    "",
    "   ",
    "😀",
]


@pytest.mark.parametrize(("text", "kind"), DANGER, ids=[case[0] for case in DANGER])
def test_danger_is_found(text: str, kind: str) -> None:
    found = detect(text)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize("text", NO_DANGER)
def test_no_danger_is_invented(text: str) -> None:
    assert detect(text) is None


def _rows() -> list[tuple[str, bool, str]]:
    lines = [
        line for path in sorted((ROOT / "tests/nlu/danger").glob("*.tsv")) for line in path.read_text().splitlines()[1:]
    ]
    return [(form, danger == "yes", text) for form, danger, text in (line.split("\t") for line in lines)]


def test_held_out_danger_is_found() -> None:
    found = [detect(text) is not None for _, danger, text in _rows() if danger]
    assert sum(found) / len(found) >= HELD_OUT_RECALL


def test_what_only_looks_like_danger_is_let_go() -> None:
    found = [detect(text) is not None for _, danger, text in _rows() if not danger]
    assert sum(found) / len(found) <= HELD_OUT_FALSE_ALARMS


def test_trained_danger_is_found() -> None:
    rows = [item for item in Corpus.read(ROOT).training if item.label == HAZARD]
    missed = [item.text for item in rows if detect(item.text) is None]
    assert len(missed) / len(rows) <= 0.01, missed


def test_ordinary_messages_rarely_alarm() -> None:
    rows = [item for item in Corpus.read(ROOT).held_out if item.label != HAZARD]
    alarms = [item.text for item in rows if detect(item.text) is not None]
    assert len(alarms) / len(rows) <= ORDINARY_FALSE_ALARMS, alarms


def test_detection_takes_less_than_a_millisecond() -> None:
    texts = [text for _, _, text in _rows()]
    began = time.thread_time()
    for text in texts:
        detect(text + " .")
    assert (time.thread_time() - began) / len(texts) < 0.002


@pytest.mark.parametrize(
    "text",
    [
        "tar " * 30_000,
        "a" * 100_000,
        "1 " * 60_000,
        "\u0301" * 100_000,
        "তার পড়ে " * 12_000,
        "- " * 60_000,
        "আ\u200d" * 60_000,
    ],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    began = time.thread_time()
    detect(text)
    assert time.thread_time() - began < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "current",
        "কারেন্ট",
        "करंट",
        "current gese",
        "কারেন্ট গেছে",
        "current ase",
        "amader current gese 2 ghonta hoilo",
        "কারেন্ট আছে কি না বলেন",
    ],
)
def test_current_that_comes_and_goes_is_no_danger(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize("text", ["gate e current ase", "bacha current e atke gese", "কারেন্টে মানুষ আটকে গেছে", "agun"])
def test_current_where_it_hurts_is(text: str) -> None:
    assert detect(text) is not None
