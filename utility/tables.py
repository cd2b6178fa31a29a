"""The company's side in our own tables: accounts and their supply chain, bills, payments, outages, and who proved what.

Every company's slug is unique among all tenants, so company and number name an account.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Dialect, Index, Numeric, String, TypeDecorator, UniqueConstraint
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

from core.tables import BIG, WHEN


class Exact(TypeDecorator[Decimal]):
    """An exact number on both databases. SQLite keeps the digits as text: never sort or add there."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else Numeric(asdecimal=True))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return f"{value:f}" if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class SupplySubstation(SQLModel, table=True):
    """A substation; `office` is the service office that answers for it."""

    __tablename__ = "supply_substation"
    __table_args__ = (UniqueConstraint("utility", "code"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    utility: str
    code: str
    office: str
    name: dict[str, str] = Field(default_factory=dict, sa_type=JSON)


class SupplyFeeder(SQLModel, table=True):
    """A feeder: load is managed feeder by feeder."""

    __tablename__ = "supply_feeder"
    __table_args__ = (UniqueConstraint("utility", "code"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    utility: str
    code: str
    substation: str
    area: str
    name: dict[str, str] = Field(default_factory=dict, sa_type=JSON)


class SupplyTransformer(SQLModel, table=True):
    """A transformer on a feeder."""

    __tablename__ = "supply_transformer"
    __table_args__ = (UniqueConstraint("utility", "code"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    utility: str
    code: str
    feeder: str = Field(index=True)


class UtilityAccount(SQLModel, table=True):
    """A customer's account. `mobile` is E.164: one-time codes go there and nowhere else."""

    __tablename__ = "utility_account"
    __table_args__ = (UniqueConstraint("utility", "number"), Index("utility_account_mobile", "tenant", "mobile"))
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str
    utility: str
    number: str
    kind: str
    holder: str
    address: str
    mobile: str
    tariff_class: str
    load_kw: Decimal = Field(sa_type=Exact)
    transformer: str
    area: str


class UtilityMeter(SQLModel, table=True):
    """A meter at an account."""

    __tablename__ = "utility_meter"
    __table_args__ = (UniqueConstraint("tenant", "number"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str
    utility: str
    number: str
    account: str = Field(index=True)
    phase: str = "single"


class UtilityBill(SQLModel, table=True):
    """A bill as issued; slab and charge lines as they were printed."""

    __tablename__ = "utility_bill"
    __table_args__ = (UniqueConstraint("utility", "account", "month"), UniqueConstraint("utility", "number"))
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    utility: str
    account: str
    number: str
    month: date
    period_from: date
    period_to: date
    issued_on: date
    due_on: date
    reading_before: Decimal = Field(sa_type=Exact)
    reading_now: Decimal = Field(sa_type=Exact)
    units: Decimal = Field(sa_type=Exact)
    slabs: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    charges: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    arrears: Decimal = Field(sa_type=Exact)
    total: Decimal = Field(sa_type=Exact)
    due: Decimal = Field(sa_type=Exact)
    estimated: bool = False


class UtilityPayment(SQLModel, table=True):
    """Money received; `token` is what a prepaid recharge gave."""

    __tablename__ = "utility_payment"
    __table_args__ = (
        UniqueConstraint("utility", "reference"),
        Index("utility_payment_account", "utility", "account", "paid_at"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    utility: str
    account: str
    reference: str
    amount: Decimal = Field(sa_type=Exact)
    paid_at: datetime = Field(sa_type=WHEN)
    way: str
    bill_number: str = ""
    token: str = ""


class UtilityPrepaid(SQLModel, table=True):
    """What a prepaid meter last reported."""

    __tablename__ = "utility_prepaid"
    __table_args__ = (UniqueConstraint("utility", "account"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    utility: str
    account: str
    balance: Decimal = Field(sa_type=Exact)
    reported_at: datetime = Field(sa_type=WHEN)
    emergency_limit: Decimal = Field(sa_type=Exact)
    month_units: Decimal = Field(sa_type=Exact)


class UtilityOutage(SQLModel, table=True):
    """A known or planned cut."""

    __tablename__ = "utility_outage"
    id: str = Field(primary_key=True)
    tenant: str = Field(index=True)
    utility: str
    kind: str
    feeders: list[str] = Field(default_factory=list, sa_type=JSON)
    area: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    reason: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    starts_at: datetime = Field(sa_type=WHEN, index=True)
    restore_at: datetime | None = Field(default=None, sa_type=WHEN)
    planned: bool = False


class UtilityApplication(SQLModel, table=True):
    """An application for a new connection."""

    __tablename__ = "utility_application"
    __table_args__ = (UniqueConstraint("tenant", "tracking"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    tenant: str
    utility: str
    tracking: str
    stage: str
    applied_on: date
    next_step_on: date | None = None


class AccountLink(SQLModel, table=True):
    """A person proved that an account is theirs. Holds while the account keeps the mobile it was proved with."""

    __tablename__ = "account_link"
    __table_args__ = (UniqueConstraint("contact_id", "utility", "account"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    contact_id: int = Field(foreign_key="contact.id")
    tenant: str
    utility: str
    account: str
    mobile: str
    way: str
    effect_key: str = Field(unique=True)
    verified_at: datetime = Field(sa_type=WHEN)


class CodeChallenge(SQLModel, table=True):
    """A one-time code that was asked for. `real` tells codes that were sent from those nobody can know.

    `subject` is what is counted: the account, or the number as typed when there is none. `opens` are the accounts that a
    right code links, each `[utility, number]`: one, or all those of a mobile number.
    """

    __tablename__ = "code_challenge"
    __table_args__ = (
        Index("code_challenge_conversation", "conversation_id", "created_at"),
        Index("code_challenge_subject", "utility", "subject", "created_at"),
        Index("code_challenge_mobile", "mobile", "created_at"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    effect_key: str = Field(unique=True)
    conversation_id: int = Field(foreign_key="conversation.id")
    contact_id: int = Field(foreign_key="contact.id")
    tenant: str
    utility: str
    subject: str
    purpose: str
    mobile: str = ""
    opens: list[list[str]] = Field(default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": "[]"})
    real: bool = False
    salt: str
    code_hash: str
    tries: int = 0
    last_key: str = ""
    created_at: datetime = Field(sa_type=WHEN)
    expires_at: datetime = Field(sa_type=WHEN)
    closed_at: datetime | None = Field(default=None, sa_type=WHEN)


class SeedMark(SQLModel, table=True):
    """Which demo data the tables hold, so that the seed has nothing to do when it is fresh."""

    __tablename__ = "seed_mark"
    name: str = Field(primary_key=True)
    value: str
