"""Dates, months, times of day and durations, as customers say them, also relative ones ("গত মাস", "parso")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from core.language.data import calendar as table
from core.language.pieces import Found, Piece, Reading, stems
from core.language.spelling import loose


def _keys(listed: list[str] | frozenset[str] | dict[str, object]) -> frozenset[str]:
    return frozenset(loose(word) for word in listed)


_MONTHS = {loose(word): number for number, listed in table.MONTHS.items() for word in listed.split()}
_DOUBTFUL = {loose(word) for word in table.DOUBTFUL_MONTHS | table.DOUBTFUL_DAYS}
_WEEKDAYS = {loose(word): number for number, listed in table.WEEKDAYS.items() for word in listed.split()}
_DAYS = {loose(word): days for word, days in table.DAYS.items() if "_" not in word}
_TWO_DAYS = frozenset(loose(word) for word in table.TWO_DAYS)
_FUTURE = frozenset(loose(word) for word in table.FUTURE)
_LAST, _THIS, _NEXT = (frozenset(loose(word) for word in listed) for listed in (table.LAST, table.THIS, table.NEXT))
_MONTH_WORDS = frozenset(loose(word) for word in table.MONTH_WORDS)
_SPANS = _MONTH_WORDS | {loose(word) for word in (*table.WEEK_WORDS, *table.YEAR_WORDS)}
_DATE_WORDS = frozenset(loose(word) for word in table.DATE_WORDS)
_UNITS = {loose(word): minutes for word, minutes in table.UNITS.items()}
_NUMBERS = {loose(word): value for word, value in table.NUMBERS.items()}
_PARTS = {loose(word): hour for word, hour in table.DAY_PARTS.items()}
_AFTER_HOUR = frozenset(loose(word) for word in table.AFTER_HOUR)
# What stays of a word when its case ending is taken off ("৯টায়" is "৯টা", "মাসে" is "মাস").
_DATE_BASES = frozenset(loose(word) for word in ["tarikh", "tareekh", "তারিখ", "तारीख", "तारिख", "date", "tarik"])
_HOUR_BASES = frozenset(
    loose(word)
    for word in """
    am pm baje bje bajey ta টা बजे o'clock oclock
""".split()
)
_SPAN_BASES = frozenset(
    loose(word)
    for word in """
        month mas mash maas mahina mahine maheena mahene মাস महीना महीने माह maah week soptaho shoptaho hafta
        hafte সপ্তাহ हफ्ते हफ्ता सप्ताह saptah year bochor bosor saal sal বছর সাল साल वर्ष
    """.split()
)
_RATE = loose("rate")
_NUMERIC = re.compile(
    r"(?<![\d/.-])(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?![\d/.-]*\d)|(?<![\d/.-])(\d{4})-(\d{1,2})-(\d{1,2})(?![\d-])"
)
_CLOCK = re.compile(r"(?<![\d:.])([01]?\d|2[0-4])[:.]([0-5]\d)(?![\d:])")
_CENTURY = 2000


def times(reading: Reading, today: date) -> Iterator[Found]:
    """Every date, month, time and duration of a message; no stretch twice."""
    return _Times(reading, today).read()


class _Times:
    def __init__(self, reading: Reading, today: date) -> None:
        self._reading = reading
        self._pieces = reading.pieces
        self._today = today
        self._taken: set[int] = set()
        self._keys = [self._key(piece) for piece in self._pieces]
        self._ahead = any(key[0] in _FUTURE for key in self._keys)

    @staticmethod
    def _key(piece: Piece) -> list[str]:
        return [loose(stem) for stem, _ in stems(piece.text)] if piece.is_word else [piece.text]

    def _in(self, place: int, table_of: object) -> str:
        """The first of a piece's stems that stands in a table."""
        if 0 <= place < len(self._pieces):
            for key in self._keys[place]:
                if key in table_of:  # type: ignore[operator]
                    return key
        return ""

    def _found(self, entity: str, first: int, last: int, table_of: object, value: str | None = None) -> Found:
        """An entity over pieces; a case ending of the last one stays out."""
        self._taken.update(range(first, last + 1))
        end = self._pieces[last].end
        word = self._pieces[last].text
        if self._pieces[last].is_word:
            sizes = [size for size in range(len(word), 0, -1) if loose(word[:size]) in table_of]  # type: ignore[operator]
            end = self._pieces[last].start + sizes[0] if sizes else end
        return self._reading.found(entity, self._pieces[first].start, end, value)

    def read(self) -> Iterator[Found]:
        """In order of certainty."""
        yield from self._numeric()
        yield from self._day_of_month()
        yield from self._relative_months()
        yield from self._clock()
        yield from self._durations()
        yield from self._days()
        yield from self._months()
        yield from self._parts()

    def _free(self, first: int, last: int) -> bool:
        return not any(place in self._taken for place in range(first, last + 1))

    def _number(self, place: int) -> int:
        if 0 <= place < len(self._pieces) and self._pieces[place].is_number and len(self._pieces[place].text) <= 2:
            return int(self._pieces[place].text)
        return 0

    def _numeric(self) -> Iterator[Found]:
        for match in _NUMERIC.finditer(self._reading.normal.text):
            if match.group(4):
                year, month, day = (int(match.group(group)) for group in (4, 5, 6))
            else:
                day, month, year = (int(match.group(group)) for group in (1, 2, 3))
            value = _iso(year if year > 99 else _CENTURY + year, month, day)
            if value:
                self._taken.update(
                    place for place, piece in enumerate(self._pieces) if match.start() <= piece.start < match.end()
                )
                yield self._reading.found("date", match.start(), match.end(), value)

    def _day_of_month(self) -> Iterator[Found]:
        for place in range(len(self._pieces)):
            month = self._in(place, _MONTHS)
            if month and self._free(place, place):
                first = place - 1
                if (
                    first >= 0
                    and self._pieces[first].text
                    in """
                    st nd rd th of ই শে লা রা ঠা
                """.split()
                ):
                    first -= 1
                day, end = self._number(first), place
                if not day or not self._joined(first, place):
                    first, day, end = place, self._number(place + 1), place + 1
                    if not day or self._in(place + 2, _UNITS) or self._counted(place + 2):
                        continue
                if end + 1 < len(self._pieces) and re.fullmatch("20[0-9]{2}", self._pieces[end + 1].text):
                    end += 1
                value = self._dated(_MONTHS[month], day)
                if value and self._free(first, end):
                    yield self._found("date", first, end, _MONTHS, value)
            elif self._in(place, _DATE_WORDS) and self._number(place - 1) and self._free(place - 1, place):
                value = self._dated(self._today.month, self._number(place - 1))
                yield self._found("date", place - 1, place, _DATE_BASES, value or None)

    def _joined(self, first: int, last: int) -> bool:
        return self._pieces[last].start - self._pieces[first].end <= 6

    def _counted(self, place: int) -> bool:
        return place < len(self._pieces) and self._pieces[place].text in (
            "unit",
            "units",
            "taka",
            "tk",
            "টাকা",
            "ইউনিট",
            "यूनिट",
            "रुपये",
            "rs",
            "kw",
        )

    def _relative_months(self) -> Iterator[Found]:
        for place in range(len(self._pieces)):
            if not self._in(place, _SPANS) or not self._free(place - 1, place):
                continue
            month = bool(self._in(place, _MONTH_WORDS))
            for listed, step in ((_LAST, -1), (_THIS, 0), (_NEXT, 1)):
                if self._in(place - 1, listed):
                    value = self._month_after(step) if month else None
                    yield self._found("month" if month else "date", place - 1, place, _SPAN_BASES, value)
                    break

    def _clock(self) -> Iterator[Found]:
        for match in _CLOCK.finditer(self._reading.normal.text):
            places = [place for place, piece in enumerate(self._pieces) if match.start() <= piece.start < match.end()]
            if (
                places
                and self._free(places[0], places[-1])
                and (":" in match.group() or self._hour_word(places[-1] + 1))
            ):
                yield self._time(places[0], places[-1], int(match.group(1)), int(match.group(2)))
        for place in range(len(self._pieces)):
            hour = self._number(place) or self._hour_in_words(place)
            if not hour or hour > 24 or not self._free(place, place):
                continue
            if self._hour_word(place + 1) or (self._in(place - 1, _PARTS) and not self._in(place + 1, _UNITS)):
                yield self._time(place, place, hour, 0)

    def _hour_in_words(self, place: int) -> int:
        key = self._in(place, _NUMBERS)
        return int(_NUMBERS[key]) if key and _NUMBERS[key] >= 1 and self._hour_word(place + 1, strict=True) else 0

    def _hour_word(self, place: int, strict: bool = False) -> bool:
        key = self._in(place, _AFTER_HOUR)
        if not key or (strict and not key.startswith(("baj", "বাজ", "बज"))):
            return False
        # "3ta fan" counts fans; "3ta" after a part of the day, at the end or before a small word is a time.
        if key not in _TA:
            return True
        near = self._in(place - 2, _PARTS) or any(self._keys[place][0].endswith(end) for end in ("y", "ায়", "ে"))
        return bool(near) or self._pieces[place].text not in ("ta", "টা")

    def _time(self, first: int, last: int, hour: int, minute: int) -> Found:
        end = last
        if self._in(last + 1, _AFTER_HOUR):
            end = last + 1
        begin = first
        part = self._in(first - 1, _PARTS)
        if part:
            begin = first - 1
        late = (part and _PARTS[part] >= 12) or any(
            self._pieces[place].text[0] == "p" for place in range(last + 1, end + 1)
        )
        if late and hour < 12 and not (part and _PARTS[part] == 21 and hour < 5):
            hour += 12
        return self._found("time", begin, end, _HOUR_BASES, f"{hour % 24:02d}:{minute:02d}")

    def _durations(self) -> Iterator[Found]:
        for place in range(1, len(self._pieces)):
            unit = self._in(place, _UNITS)
            if not unit:
                continue
            first, amount = place - 1, 0.0
            if self._pieces[first].is_number:
                amount = float(self._pieces[first].text[:6])
                if first >= 2 and self._pieces[first - 1].text in ".-" and self._pieces[first - 2].is_number:
                    first -= 2
            else:
                key = self._in(first, _NUMBERS)
                amount = _NUMBERS[key] if key else 0.0
            if amount and self._free(first, place):
                if first and self._in(first - 1, _NUMBERS) and self._pieces[first - 1].text in ("half", "সাড়ে", "साढ़े"):
                    first -= 1
                yield self._found("duration", first, place, _UNITS, f"{amount * _UNITS[unit]:g}")

    def _days(self) -> Iterator[Found]:
        for place, piece in enumerate(self._pieces):
            if not piece.is_word or not self._free(place, place):
                continue
            day = self._in(place, _DAYS)
            weekday = "" if day else self._in(place, _WEEKDAYS)
            if day:
                days = _DAYS[day]
                if days is None:
                    days = (2 if day in _TWO_DAYS else 1) * (1 if self._ahead else -1)
                yield self._found("date", place, place, _DAYS, (self._today + timedelta(days=days)).isoformat())
            elif weekday and not (weekday in _DOUBTFUL and len(self._pieces) > 1):
                back = (self._today.weekday() - _WEEKDAYS[weekday]) % 7
                step = (7 - back) % 7 if self._ahead else -back
                yield self._found("date", place, place, _WEEKDAYS, (self._today + timedelta(days=step)).isoformat())

    def _months(self) -> Iterator[Found]:
        for place, piece in enumerate(self._pieces):
            month = self._in(place, _MONTHS) if piece.is_word else ""
            if not month or not self._free(place, place):
                continue
            if (month in _DOUBTFUL or loose(piece.text) in _DOUBTFUL) and not self._beside_time(place):
                continue
            end, year = place, 0
            if place + 1 < len(self._pieces) and re.fullmatch("20[0-9]{2}", self._pieces[place + 1].text):
                end, year = place + 1, int(self._pieces[place + 1].text)
            number = _MONTHS[month]
            year = year or self._today.year - (number > self._today.month)
            yield self._found("month", place, end, _MONTHS, f"{year:04d}-{number:02d}")

    def _beside_time(self, place: int) -> bool:
        beside = [self._in(near, _SPANS) or self._in(near, _MONTHS) for near in (place - 1, place + 1)]
        around = {
            self._pieces[near].text
            for near in (place - 2, place - 1, place + 1, place + 2)
            if 0 <= near < len(self._pieces)
        }
        return any(beside) or bool(around & _TIME_COMPANY)

    def _parts(self) -> Iterator[Found]:
        for place, piece in enumerate(self._pieces):
            part = self._in(place, _PARTS) if piece.is_word else ""
            if part and self._free(place, place) and loose(piece.text) not in (_RATE, loose("noon")):
                yield self._found("time", place, place, _PARTS, f"{_PARTS[part]:02d}:00")

    def _dated(self, month: int, day: int) -> str:
        """A day of a month: the last one that was, or the next when the sentence looks ahead."""
        value = _iso(self._today.year, month, day)
        if value and not self._ahead and date.fromisoformat(value) > self._today + timedelta(days=31):
            value = _iso(self._today.year - 1, month, day)
        return value

    def _month_after(self, step: int) -> str:
        months = self._today.year * 12 + self._today.month - 1 + step
        return f"{months // 12:04d}-{months % 12 + 1:02d}"


_TA = frozenset(
    loose(word)
    for word in """
    ta tay tar ter taye tai টা টায় টার টাই টাতে
""".split()
)
_TIME_COMPANY = frozenset(
    """
        of in for bill since from and bil er ka ki ke me মাসের মাস বিল এর বিলের का की के में महीने बिल mein month
        reading
    """.split()
)


def _iso(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
