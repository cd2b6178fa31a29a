"""Tables for a spreadsheet that carry nobody's data whole and no formula (reliability.md T21, T31)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from desk.misunderstood import ADDRESS
from desk.words import visible

# A cell that begins so would be reckoned out, also behind blanks, and in the wide forms that some programs take for them.
FORMULA = re.compile(r"[\s'\"]*[=+\-@\t\r|%＝＋－＠]")
HIDDEN = "•••"
LAST = 2
# Five figures and more in a row, with what people put between them, are somebody's number.
NUMBER = re.compile(r"[+]?[0-9০-৯०-९](?:[ .\-–]?[0-9০-৯०-९]){4,}")
SHORTEST_NAME = 3


def cell(value: Any) -> str:
    """A value as plain text, whatever program opens it."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = visible(str(value)).replace("\t", " ")
    return f"'{text}" if FORMULA.match(text) else text


def written(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """RFC 4180, every cell quoted, in UTF-8 with the mark that spreadsheets know it by."""
    page = io.StringIO(newline="")
    writer = csv.writer(page, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([cell(one) for one in head])
    writer.writerows([cell(one) for one in row] for row in rows)
    return b"\xef\xbb\xbf" + page.getvalue().encode("utf-8", "replace")


def masked_number(text: str) -> str:
    """An account, a telephone: its last two figures, enough to tell two apart beside each other."""
    return f"{HIDDEN}{text[-LAST:]}" if len(text) > LAST else HIDDEN * bool(text)


def masked_name(text: str) -> str:
    """A name: the first letter of each word."""
    return " ".join(f"{word[0]}{HIDDEN}" for word in visible(text).split())


def masked_text(text: str, name: str = "") -> str:
    """What somebody wrote, without numbers, addresses, links, and their own name."""
    text = NUMBER.sub(lambda found: masked_number(found[0]), ADDRESS.sub(HIDDEN, text))
    for word in (one for one in name.split() if len(one) >= SHORTEST_NAME):
        # Case endings of Bangla and Hindi are written to the name.
        end = r"(?!\w)" if word.isascii() else ""
        text = re.sub(rf"(?<!\w){re.escape(word)}{end}", f"{word[0]}{HIDDEN}", text, flags=re.IGNORECASE)
    return text
