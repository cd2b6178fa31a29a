"""Numbers, money, dates and lists as a written form has them: the data is nlu_data/formats.yml."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from core import yaml_text
from core.errors import DataError

ASCII = "0123456789"
CENT = Decimal("0.01")
HOUR, DAY = 60, 24 * 60


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """How an integer is cut into groups from the right; the last size repeats. India's lakh and crore by default."""

    sizes: tuple[int, ...] = (3, 2)
    separator: str = ","
    decimal: str = "."

    def apply(self, number: str) -> str:
        """`1234567.5` is `12,34,567.5`."""
        sign = "-" if number.startswith("-") else ""
        whole, _, rest = number.lstrip("-").partition(".")
        groups: list[str] = []
        sizes = list(self.sizes)
        while whole:
            size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
            groups.insert(0, whole[-size:])
            whole = whole[:-size]
        return sign + self.separator.join(groups) + (self.decimal + rest if rest else "")


@dataclass(frozen=True, kw_only=True)
class Format:
    """The conventions of one written form."""

    form: str
    digits: str
    months: tuple[str, ...]
    date_pattern: str
    month_pattern: str
    time_pattern: str
    day_time_pattern: str
    parts: tuple[tuple[int, str], ...]
    durations: Mapping[str, str]
    comma: str
    last_comma: str
    currencies: Mapping[str, str]
    units_pattern: str
    grouping: Grouping = field(default_factory=Grouping)

    def own_digits(self, text: str) -> str:
        """Figures in the form's own script."""
        return text if self.digits == ASCII else text.translate(str.maketrans(ASCII, self.digits))

    def number(self, value: Any) -> str:
        """A plain number, grouped; zeros after the point are left out."""
        return self.own_digits(self.grouping.apply(_trimmed(decimal(value))))

    def money(self, value: Any, currency: str) -> str:
        """An amount with its currency's sign; two decimals unless it is whole."""
        amount = decimal(value).quantize(CENT)
        number = str(amount.quantize(Decimal(1))) if amount == amount.to_integral_value() else str(amount)
        pattern = self.currencies.get(currency, f"{{amount}} {currency}")
        return pattern.replace("{amount}", self.own_digits(self.grouping.apply(number)))

    def units(self, value: Any) -> str:
        """Energy as customers count it."""
        return self.units_pattern.replace("{n}", self.number(value))

    def date(self, value: str) -> str:
        """A day."""
        day = dt.date.fromisoformat(value)
        return self._day(self.date_pattern, day)

    def month(self, value: str) -> str:
        """A bill month, `2026-10`."""
        return self._day(self.month_pattern, dt.date.fromisoformat(f"{value[:7]}-01"))

    def time(self, value: str, timezone: str) -> str:
        """A time of day, said in the tenant's zone."""
        return self._time(local(value, timezone))

    def moment(self, value: str, timezone: str) -> str:
        """A day and a time of day."""
        at = local(value, timezone)
        return self._day(self.day_time_pattern, at.date()).replace("{time}", self._time(at))

    def duration(self, value: Any) -> str:
        """Minutes as days, hours and minutes: the two largest."""
        left = max(0, int(decimal(value)))
        parts: list[str] = []
        for word, size in (("day", DAY), ("hour", HOUR), ("minute", 1)):
            count, left = divmod(left, size)
            if count:
                key = word if count == 1 else f"{word}s"
                parts.append(self.durations[key].replace("{n}", self.number(count)))
        if not parts:
            return self.durations["minutes"].replace("{n}", self.number(0))
        return self.durations.get("join", " ").join(parts[:2])

    def listing(self, items: Sequence[str]) -> str:
        """`a, b and c`."""
        if len(items) < 2:
            return "".join(items)
        return self.comma.join(items[:-1]) + self.last_comma + items[-1]

    def _day(self, pattern: str, day: dt.date) -> str:
        return (
            pattern.replace("{day}", self.own_digits(str(day.day)))
            .replace("{month}", self.months[day.month - 1])
            .replace("{year}", self.own_digits(str(day.year)))
        )

    def _time(self, at: datetime) -> str:
        part = next((word for hour, word in reversed(self.parts) if at.hour >= hour), "")
        return (
            self.time_pattern.replace("{hour12}", self.own_digits(str(at.hour % 12 or 12)))
            .replace("{hour}", self.own_digits(str(at.hour)))
            .replace("{minute}", self.own_digits(f"{at.minute:02d}"))
            .replace("{part}", part)
            .strip()
        )


def decimal(value: Any) -> Decimal:
    """A number of a fact; anything else is a fault of whoever made the fact."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise DataError("a fact that should be a number is none") from None


def local(value: str, timezone: str) -> datetime:
    """An ISO moment in a zone; a moment without a zone is already local."""
    at = datetime.fromisoformat(value)
    return at.astimezone(ZoneInfo(timezone)) if at.tzinfo else at


def _trimmed(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def load_formats(path: Path, faults: list[str]) -> dict[str, Format]:
    """Every form's conventions; what is missing is added to the faults."""
    found: dict[str, Format] = {}
    for form, row in (yaml_text.load(path.read_text(encoding="utf-8")) or {}).items():
        try:
            found[form] = _read(form, row)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            faults.append(f"{path}: {form}: {type(error).__name__} {error}")
            continue
        if len(found[form].digits) != 10 or len(found[form].months) != 12:
            faults.append(f"{path}: {form}: ten digits and twelve months are needed")
    return found


def _read(form: str, row: Mapping[str, Any]) -> Format:
    grouping = row.get("grouping")
    return Format(
        form=form,
        digits=str(row["digits"]),
        months=tuple(map(str, row["months"])),
        date_pattern=str(row["date"]),
        month_pattern=str(row["month_year"]),
        time_pattern=str(row["time"]),
        day_time_pattern=str(row["day_time"]),
        parts=tuple(sorted((int(hour), str(word)) for hour, word in row["parts"].items())),
        durations={str(key): str(word) for key, word in row["duration"].items()},
        comma=str(row["list"]["comma"]),
        last_comma=str(row["list"]["and"]),
        currencies={str(key): str(word) for key, word in row["currency"].items()},
        units_pattern=str(row["units"]),
        grouping=Grouping(
            sizes=tuple(map(int, grouping["sizes"])),
            separator=str(grouping["separator"]),
            decimal=str(grouping["decimal"]),
        )
        if grouping
        else Grouping(),
    )
