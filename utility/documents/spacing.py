"""Make words come back whole from pdftotext.

Where a vowel sign hangs under its letter (কু), typst steps back, draws the sign, which has no width, and begins the
next letter at an absolute place. Poppler takes the end of the last glyph for the end of the letter, sees a gap before
the next one and reads a space into the word: "কু মিল্লা". Character spacing after the sign tells every reader where the
letter really ends and moves nothing, because the next letter's place is absolute.
"""

from __future__ import annotations

import re
import zlib

# A glyph is two bytes, each written as itself or escaped.
_BYTE = rb"(?:\\[0-7]{3}|\\[^0-7]|[^\\()])"
_GLYPH = _BYTE + _BYTE
_NUMBER = rb"-?[0-9.]+"
# A number ends where a string begins or the array ends; without saying so a long array could be read in many ways.
_ITEMS = rb"\((?P<glyphs>(?:" + _GLYPH + rb")+)\)|(?P<back>" + _NUMBER + rb")(?=[(\]]|$)"
_SPAN_END = re.compile(
    rb"(?P<head>/f[0-9]+ (?P<size>[0-9.]+) Tf (?:" + _NUMBER + rb" ){6}Tm)"
    rb"\[(?P<shown>(?:" + _ITEMS + rb")+)\]TJ\nEMC",
    re.DOTALL,
)
_ITEM = re.compile(_ITEMS, re.DOTALL)
_ONE_GLYPH = re.compile(_GLYPH, re.DOTALL)
_STREAM = re.compile(rb"(\d+ 0 obj\n<</Length )(\d+)(/Filter/FlateDecode>>\nstream\n)")
_NEGLIGIBLE = 20  # thousandths of the type size


def join_words(pdf: bytes) -> bytes:
    """The PDF with the spacing corrected on every page; one that is built in an unknown way comes back as it was."""
    start = _xref_start(pdf)
    if start is None:
        return pdf
    offsets = [int(entry) for entry in re.findall(rb"(\d{10}) \d{5} [nf]", pdf[start:])]
    pages = [at for at in offsets if re.match(rb"\d+ 0 obj\n<</Type/Page/", pdf[at : at + 40])]
    contents = [re.search(rb"/Contents (\d+) 0 R", pdf[at : pdf.index(b"endobj", at)]) for at in pages]
    # From the end of the file, so that the places still to be visited do not move.
    for at in sorted({offsets[int(found[1])] for found in contents if found}, reverse=True):
        pdf = _rewrite(pdf, at)
    return pdf


def _xref_start(pdf: bytes) -> int | None:
    found = re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", pdf)
    return int(found[1]) if found and pdf.startswith(b"xref", int(found[1])) else None


def _rewrite(pdf: bytes, at: int) -> bytes:
    """Replace one content stream and move the table of places along."""
    head, start = _STREAM.match(pdf, at), _xref_start(pdf)
    if head is None or start is None:
        return pdf
    end = head.end() + int(head[2])
    packed = zlib.compress(_SPAN_END.sub(_settle, zlib.decompress(pdf[head.end() : end])))
    stream = head[1] + str(len(packed)).encode() + head[3] + packed
    moved = len(stream) - (end - at)

    def later(entry: re.Match[bytes]) -> bytes:
        place = int(entry[1])
        return b"%010d" % (place + moved if place > at else place) + entry[2]

    table = re.sub(rb"(\d{10})( \d{5} n)", later, pdf[start:])
    table = re.sub(rb"(?<=startxref\n)\d+", str(start + moved).encode(), table)
    return pdf[:at] + stream + pdf[end:start] + table


def _settle(span: re.Match[bytes]) -> bytes:
    """End a span where its letter ends: what was stepped back is given back as spacing after the last glyph.

    Spacing follows every glyph, so all but the last step back by as much. Two operators, one without and one with
    spacing, would be simpler, but pdfium then repeats a neighbour's text.
    """
    glyphs: list[bytes] = []
    steps: list[float] = [0.0]  # before the first glyph, and after each
    for item in _ITEM.finditer(span["shown"]):
        if item["back"]:
            steps[-1] += float(item["back"])
        else:
            found = _ONE_GLYPH.findall(item["glyphs"])
            glyphs += found
            steps += [0.0] * len(found)
    back = sum(steps)
    if abs(back) < _NEGLIGIBLE or len(glyphs) < 2 or steps[-1]:
        return span[0]
    shown = b"%g" % steps[0] if steps[0] else b""
    for glyph, step in zip(glyphs[:-1], steps[1:], strict=False):
        shown += b"(%b)%g" % (glyph, step + back)
    spacing = back * float(span["size"]) / 1000
    return span["head"] + b" %.3f Tc[%b(%b)]TJ 0 Tc\nEMC" % (spacing, shown, glyphs[-1])
