"""What a distribution company can be asked. `local` answers from our own tables; `http` asks a real billing system.

Money is Decimal in the tenant's currency, energy in kWh, load in kW, months are the first day of the bill month.
Every call may raise `UtilityUnavailable`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Payment(StrEnum):
    """How an account pays."""

    POSTPAID = "postpaid"
    PREPAID = "prepaid"


@dataclass(frozen=True, kw_only=True)
class Account:
    """A customer's account. `mobile` is E.164 and is where one-time codes go; `area` and `feeder` come from the chain
    account → transformer → feeder → substation → office → utility."""

    utility: str
    number: str
    kind: Payment
    holder: str
    address: str
    mobile: str
    meter: str
    tariff_class: str
    load_kw: Decimal
    area: dict[str, str]
    feeder: str
    office: str


@dataclass(frozen=True, kw_only=True)
class SlabLine:
    """One band of the energy charge: `units` × `rate` = `amount`."""

    first: int
    last: int | None
    units: Decimal
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class ChargeLine:
    """A named charge; `code` is a word of the bill's language file (demand_charge, vat, duty, fuel_surcharge …)."""

    code: str
    amount: Decimal
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Bill:
    """A bill as issued. `total` = energy + charges + arrears − credits; `due` is what is still unpaid."""

    utility: str
    account: str
    number: str
    month: date
    period_from: date
    period_to: date
    issued_on: date
    due_on: date
    reading_before: Decimal
    reading_now: Decimal
    units: Decimal
    slabs: tuple[SlabLine, ...]
    charges: tuple[ChargeLine, ...]
    arrears: Decimal
    total: Decimal
    due: Decimal
    estimated: bool = False

    @property
    def paid(self) -> bool:
        return self.due <= 0


@dataclass(frozen=True, kw_only=True)
class PaymentRecord:
    """Money received. `way` is a payment way of the tenant (bkash, upi, counter …)."""

    utility: str
    account: str
    reference: str
    amount: Decimal
    paid_at: datetime
    way: str
    bill_number: str = ""
    token: str = ""


@dataclass(frozen=True, kw_only=True)
class PrepaidStatus:
    """What a prepaid meter has left, as last reported."""

    balance: Decimal
    reported_at: datetime
    emergency_limit: Decimal
    month_units: Decimal


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A known cut. `reason` and `area` are words per written form; `feeders` are those it darkens."""

    id: str
    utility: str
    kind: str
    feeders: tuple[str, ...]
    area: dict[str, str]
    reason: dict[str, str]
    starts_at: datetime
    restore_at: datetime | None
    planned: bool


@dataclass(frozen=True, kw_only=True)
class Application:
    """An application for a new connection."""

    utility: str
    tracking: str
    stage: str
    applied_on: date
    next_step_on: date | None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a consumption would cost: the calculator's answer, with the tariff rows it used."""

    units: Decimal
    slabs: tuple[SlabLine, ...]
    charges: tuple[ChargeLine, ...]
    total: Decimal
    tariff_from: date
    confirmed: bool


class UtilityGateway(Protocol):
    """The company's side, as the dialogue needs it. Unknown things are None or an empty list, never an error."""

    async def accounts_by_mobile(self, tenant: str, mobile: str) -> list[Account]: ...

    async def account(self, tenant: str, utility: str, number: str) -> Account | None: ...

    async def account_by_meter(self, tenant: str, meter: str) -> Account | None: ...

    async def bills(self, account: Account, limit: int = 6) -> list[Bill]:
        """Newest first."""
        ...

    async def bill(self, account: Account, month: date | None = None) -> Bill | None:
        """The bill of a month, or the newest."""
        ...

    async def payments(self, account: Account, limit: int = 6) -> list[PaymentRecord]:
        """Newest first."""
        ...

    async def prepaid(self, account: Account) -> PrepaidStatus | None: ...

    async def outages_on(self, tenant: str, feeder: str, at: datetime) -> list[Outage]:
        """Cuts that darken a feeder at a moment or will within a day."""
        ...

    async def outages_in(self, tenant: str, place: str, at: datetime) -> list[Outage]:
        """Cuts whose area matches a place as somebody typed it."""
        ...

    async def application(self, tenant: str, tracking: str) -> Application | None: ...

    async def estimate(
        self, tenant: str, utility: str, units: Decimal, load_kw: Decimal, on: date, tariff_class: str = ""
    ) -> Estimate | None: ...
