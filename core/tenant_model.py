"""What a tenant's folder says, as frozen values. `core.tenants` loads and checks them.

A fact keeps where it comes from (`source`, an id of the reference list) and how sure we are (`confidence`):
H official or two independent sources, M one serious source, L one blog, U unconfirmed. What is L or U is not
`confirmed` and is never said to a customer as a fact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

Names = Mapping[str, str]

# Bangla and Devanagari digits count as digits wherever a number is typed.
DIGITS = {ord(zero) + value: str(value) for zero in ("\u09e6", "\u0966") for value in range(10)}
# People group digits with spaces, dots and every kind of dash; editors slip in invisible letters.
_BETWEEN = re.compile(r"[\s\-.\u00a0\u2010-\u2015\u2212_/\u200b-\u200f\u2060\ufeff]+")


def plain_number(text: str) -> str:
    """An identifier as typed, without grouping, in ASCII digits and capitals: "n ১২৩৪-৫৬৭৮৯০" is "N1234567890"."""
    return _BETWEEN.sub("", text.translate(DIGITS)).upper()


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Where a statement comes from."""

    source: str = ""
    confidence: str = "H"

    @property
    def confirmed(self) -> bool:
        return self.confidence in ("H", "M")


@dataclass(frozen=True, kw_only=True)
class Hotline(Fact):
    """The tenant's number and the key to press for each utility. Empty while nobody has confirmed a number."""

    number: str
    keys: Mapping[str, str] = field(default_factory=dict)
    unconfirmed: str = ""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Open on these weekdays (Monday is 0) from one time to another; `closes` before `opens` runs past midnight."""

    days: tuple[int, ...]
    opens: time
    closes: time


@dataclass(frozen=True, kw_only=True)
class Holiday(Fact):
    """A closed day."""

    day: date
    name: Names


@dataclass(frozen=True, kw_only=True)
class Hours(Fact):
    """When something is open, in the tenant's own time zone. Several shifts a day are possible."""

    timezone: str
    always: bool = False
    shifts: tuple[Shift, ...] = ()
    holidays: frozenset[date] = frozenset()

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at an aware moment."""
        return self.always or any(start <= at < end for start, end in self._around(at))

    def next_opening(self, at: datetime) -> datetime | None:
        """The present moment when open, else when it opens next within two weeks."""
        if self.is_open(at):
            return at
        return min((start for start, _ in self._around(at, 14) if start > at), default=None)

    def _around(self, at: datetime, days: int = 1) -> list[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.timezone)
        today = at.astimezone(zone).date()
        spans = []
        for offset in range(-1, days + 1):
            day = today + timedelta(days=offset)
            if day in self.holidays:
                continue
            for shift in self.shifts:
                if day.weekday() in shift.days:
                    ends_on = day if shift.closes > shift.opens else day + timedelta(days=1)
                    spans.append(
                        (
                            datetime.combine(day, shift.opens, zone),
                            datetime.combine(ends_on, shift.closes, zone),
                        )
                    )
        return spans


@dataclass(frozen=True, kw_only=True)
class Duty(Fact):
    """The telephone that is told of danger while nobody is at the desk. An unconfirmed number serves the demo alone."""

    phone: str
    form: str


@dataclass(frozen=True, kw_only=True)
class IdentifierFormat(Fact):
    """How a number that names an account, a meter or an application looks: `prefix`, then so many digits."""

    kind: str
    digits: int
    prefix: str = ""
    pattern: str = ""
    name: Names = field(default_factory=dict)
    example: str = ""

    def canonical(self, typed: str) -> str:
        """The number as the company writes it, or nothing when it cannot be one. The prefix may be left out."""
        number = plain_number(typed)
        if self.prefix and number.startswith(self.prefix):
            number = number[len(self.prefix) :]
        if not (number.isascii() and number.isdigit() and len(number) == self.digits):
            return ""
        whole = self.prefix + number
        return whole if not self.pattern or re.fullmatch(self.pattern, whole) else ""


@dataclass(frozen=True, kw_only=True)
class MobileFormat(Fact):
    """How mobile numbers of the country look: calling code, trunk prefix, pattern of the rest."""

    code: str
    trunk: str
    pattern: str

    def canonical(self, typed: str) -> str:
        """E.164, or nothing when it is no mobile number of the country."""
        number = plain_number(typed).lstrip("+")
        code = self.code.lstrip("+")
        candidates = [number]
        if number.startswith(code):
            candidates.append(number[len(code) :])
        if number.startswith("00" + code):
            candidates.append(number[len(code) + 2 :])
        for rest in candidates:
            if self.trunk and rest.startswith(self.trunk):
                rest = rest[len(self.trunk) :]
            if re.fullmatch(self.pattern, rest):
                return f"{self.code}{rest}"
        return ""


@dataclass(frozen=True, kw_only=True)
class Office(Fact):
    """A service office. Empty telephone and address mean that nobody has confirmed them."""

    id: str
    name: Names
    phone: str = ""
    address: Names = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Area(Fact):
    """A place people name. `spellings` are further ways to write it, in any script."""

    id: str
    name: Names
    office: str = ""
    rural: bool = False
    spellings: tuple[str, ...] = ()
    feeders: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Slab(Fact):
    """A band of the energy charge up to `to` units, or everything above the band before."""

    to: int | None
    rate: Decimal


@dataclass(frozen=True, kw_only=True)
class FixedCharge(Fact):
    """A fixed charge for a month's use up to `to` units: per connection, kW of load or started `step` of units."""

    to: int | None
    amount: Decimal
    per: str
    step: int = 0


@dataclass(frozen=True, kw_only=True)
class Tariff(Fact):
    """A tariff class from a day on. `lifeline` replaces the slabs while the month's use stays within it."""

    tariff_class: str
    name: Names
    starts_on: date
    ends_on: date | None
    slabs: tuple[Slab, ...]
    fixed: tuple[FixedCharge, ...]
    fixed_code: str
    lifeline: Slab | None = None
    peak: Mapping[str, Decimal] = field(default_factory=dict)
    default: bool = False


@dataclass(frozen=True, kw_only=True)
class Percent(Fact):
    """A percentage that applies from a day (to a day). `base` says to what."""

    code: str
    percent: Decimal
    starts_on: date
    ends_on: date | None
    base: str


@dataclass(frozen=True, kw_only=True)
class Rent(Fact):
    """What a meter of the company costs a month."""

    phase: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Fee(Fact):
    """What a service costs, by kind of connection."""

    service: str
    phase: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class ComplaintLimit(Fact):
    """Within how many hours a kind of complaint is settled. `setting` is urban, rural or any."""

    kinds: tuple[str, ...]
    hours: int
    setting: str
    where: Names
    compensation: Decimal | None = None

    def covers(self, kind: str) -> bool:
        return any(kind == item or kind.startswith(f"{item}-") for item in self.kinds)


@dataclass(frozen=True, kw_only=True)
class PaymentWay(Fact):
    """A way to pay."""

    code: str
    name: Names
    prepaid: bool = True


@dataclass(frozen=True, kw_only=True)
class Domain(Fact):
    """A web address that belongs to the company."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Grievance(Fact):
    """A number outside the company for those it did not help."""

    number: str
    name: Names


@dataclass(frozen=True, kw_only=True)
class ChannelEntry:
    """A channel of channels.yml. `settings` names environment variables, never values."""

    type: str
    name: str
    settings: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Utility:
    """A distribution company."""

    slug: str
    tenant: str
    code: str
    name: Names
    full_name: Names
    aliases: tuple[str, ...]
    hotline: str
    hotline_key: str
    email: str
    website: str
    identifiers: tuple[IdentifierFormat, ...]
    offices: tuple[Office, ...]
    areas: tuple[Area, ...]
    tariffs: tuple[Tariff, ...]
    percents: tuple[Percent, ...]
    rents: tuple[Rent, ...]
    fees: tuple[Fee, ...]
    complaint_limits: tuple[ComplaintLimit, ...]

    def office(self, id: str) -> Office | None:
        return next((office for office in self.offices if office.id == id), None)

    def area(self, id: str) -> Area | None:
        return next((area for area in self.areas if area.id == id), None)

    def canonical(self, number: str, kind: str = "account") -> str:
        """The number as the company writes it, or nothing when its format does not fit."""
        for identifier in self.identifiers:
            if identifier.kind == kind and (found := identifier.canonical(number)):
                return found
        return ""

    def identifier(self, kind: str = "account") -> IdentifierFormat | None:
        return next((item for item in self.identifiers if item.kind == kind), None)

    @property
    def tariff_classes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tariff.tariff_class for tariff in self.tariffs))

    def limits(self, kind: str, setting: str = "") -> list[ComplaintLimit]:
        """The confirmed time limits of a kind of complaint."""
        return [
            limit
            for limit in self.complaint_limits
            if limit.confirmed and limit.covers(kind) and (not setting or limit.setting in (setting, "any"))
        ]


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """Who runs channels and a desk, and all that customers may be told about the company.

    `patience` is in minutes, by the names of handoff/hours.py.
    """

    slug: str
    code: str
    name: Names
    region: str
    country: str
    currency: str
    timezone: str
    forms: tuple[str, ...]
    default_form: str
    accent: str
    hotline: Hotline
    hours: Mapping[str, Hours]
    holidays: tuple[Holiday, ...]
    utilities: Mapping[str, Utility]
    payment_ways: tuple[PaymentWay, ...]
    domains: tuple[Domain, ...]
    mobile: MobileFormat
    grievance: Grievance | None
    storm_note: Names
    channels: tuple[ChannelEntry, ...]
    patience: Mapping[str, float] = field(default_factory=dict)
    duty: Duty | None = None

    @property
    def emergency(self) -> str:
        """The number for danger; empty while none is confirmed."""
        return self.hotline.number

    def utility(self, slug: str) -> Utility | None:
        return self.utilities.get(slug)

    def way(self, code: str) -> PaymentWay | None:
        return next((way for way in self.payment_ways if way.code == code), None)
