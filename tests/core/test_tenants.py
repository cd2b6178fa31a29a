"""Tenants are data: the real ones load and hold what the reference says, and every fault in a file is named."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from core.errors import DataError
from core.settings import ROOT
from core.tenant_model import Hours, Shift, plain_number
from core.tenants import Tenants, candidates, find_utility, word

TENANTS = Tenants.load(ROOT)
BD = TENANTS.get("bangladesh-power-division")


def test_who_is_served() -> None:
    assert {tenant.slug: list(tenant.utilities) for tenant in TENANTS.all()} == {
        "bangladesh-power-division": ["bpdb", "breb", "desco", "dpdc", "nesco", "wzpdcl"],
        "evnnpc": ["npc"],
        "mp-central": ["mpcz"],
        "mp-east": ["mpez"],
        "mp-west": ["mpwz"],
    }


# domain.md §1: number, key, own number, code of complaints.
UTILITIES = [
    ("bpdb", "1", "16200", "BPB"),
    ("breb", "2", "16899", "REB"),
    ("desco", "3", "16120", "DES"),
    ("dpdc", "4", "16116", "DPD"),
    ("nesco", "5", "16603", "NES"),
    ("wzpdcl", "6", "16117", "WZP"),
    ("mpcz", "", "1912", "MPC"),
    ("mpez", "", "1912", "MPE"),
    ("mpwz", "", "1912", "MPW"),
]


@pytest.mark.parametrize(("slug", "key", "hotline", "code"), UTILITIES)
def test_hotlines(slug: str, key: str, hotline: str, code: str) -> None:
    utility, tenant = TENANTS.utility(slug), TENANTS.tenant_of(slug)
    assert utility and tenant
    assert (utility.hotline_key, utility.hotline, utility.code) == (key, hotline, code)
    assert tenant.hotline.number == ("16999" if tenant is BD else "1912")
    assert tenant.emergency == tenant.hotline.number


def test_an_unconfirmed_number_is_never_shown() -> None:
    vietnam = TENANTS.get("evnnpc")
    assert vietnam.hotline.unconfirmed
    assert not vietnam.hotline.number and not vietnam.emergency and not vietnam.utilities["npc"].hotline


def test_every_form_has_words() -> None:
    for tenant in TENANTS.all():
        for form in tenant.forms:
            assert word(tenant.name, form)
            for utility in tenant.utilities.values():
                assert word(utility.name, form) and word(utility.full_name, form)
        assert tenant.default_form in tenant.forms


@pytest.mark.parametrize(
    ("form", "expected"),
    [("bn", "ক"), ("bn-Latn", "k"), ("hi", "e"), ("hi-Latn", "e"), ("en", "e"), ("vi", "e")],
)
def test_word_falls_back(form: str, expected: str) -> None:
    assert word({"bn": "ক", "bn-Latn": "k", "en": "e"}, form) == expected


def test_latin_letters_stay_latin() -> None:
    assert word({"bn": "ডেসকো", "en": "DESCO"}, "bn-Latn") == "DESCO"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("12345678", ["bpdb", "desco", "dpdc", "nesco"]),
        ("১২৩৪ ৫৬৭৮", ["bpdb", "desco", "dpdc", "nesco"]),
        ("12-34-56-78", ["bpdb", "desco", "dpdc", "nesco"]),
        ("104231245", ["wzpdcl"]),
        ("104 231 245", ["wzpdcl"]),
        ("1003014455667", ["breb"]),
        ("100301 445 5667", ["breb"]),
        ("1234567", []),
        ("abcdefgh", []),
        ("", []),
    ],
)
def test_candidates_in_bangladesh(typed: str, expected: list[str]) -> None:
    assert candidates(BD, typed, "account") == expected


def test_meters_have_twelve_digits() -> None:
    assert {"desco", "dpdc"} <= set(candidates(BD, "০১২৩ ৪৫৬৭ ৮৯০১"))
    assert candidates(BD, "012345678901", "account") == []


@pytest.mark.parametrize("typed", ["N1234567890", "n 1234567890", "N-1234-567890", "N१२३४५६७८९०", "1234567890"])
def test_ivrs_numbers(typed: str) -> None:
    mp = TENANTS.get("mp-central")
    assert candidates(mp, typed) == ["mpcz"]
    assert mp.utilities["mpcz"].canonical(typed) == "N1234567890"


@pytest.mark.parametrize("typed", ["N123456789", "N12345678901", "M1234567890", "NN1234567890"])
def test_no_ivrs_numbers(typed: str) -> None:
    assert candidates(TENANTS.get("mp-central"), typed) == []


def test_plain_number() -> None:
    assert plain_number("n ১২৩৪-५६७\u200b890") == "N1234567890"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ডেসকো", "desco"),
        ("ডেসকোর", "desco"),
        ("DESCO te", "desco"),
        ("desko", "desco"),
        ("ঢাকা ইলেকট্রিক সাপ্লাই কোম্পানি", "desco"),
        ("ডিপিডিসি", "dpdc"),
        ("পল্লী বিদ্যুৎ", "breb"),
        ("pollibiddut", "breb"),
        ("palli bidyut samity", "breb"),
        ("পবিস", "breb"),
        ("পিডিবি", "bpdb"),
        ("ওজোপাডিকো", "wzpdcl"),
        ("wzpdcl", "wzpdcl"),
        ("नेस्को", "nesco"),
        ("NESCO", "nesco"),
        ("nessco", "nesco"),
        ("ডেসকো না ডিপিডিসি", None),
        ("কারেন্ট নাই", None),
        ("x", None),
        ("", None),
    ],
)
def test_find_utility(typed: str, expected: str | None) -> None:
    found = find_utility(BD, typed)
    assert (found.slug if found else None) == expected


@pytest.mark.parametrize(
    ("tenant", "typed", "expected"),
    [
        ("bangladesh-power-division", "০১৭১২-৩৪৫৬৭৮", "+8801712345678"),
        ("bangladesh-power-division", "+880 1712 345678", "+8801712345678"),
        ("bangladesh-power-division", "8801712345678", "+8801712345678"),
        ("bangladesh-power-division", "01212345678", ""),
        ("bangladesh-power-division", "0171234567", ""),
        ("mp-west", "९८००० ००००१", "+919800000001"),
        ("mp-west", "+91 98000 00001", "+919800000001"),
        ("mp-west", "1912", ""),
    ],
)
def test_mobile_numbers(tenant: str, typed: str, expected: str) -> None:
    assert TENANTS.get(tenant).mobile.canonical(typed) == expected


def test_time_limits() -> None:
    mp = TENANTS.utility("mpwz")
    assert mp
    assert [(limit.hours, limit.setting, limit.compensation) for limit in mp.limits("OUT-HOME")] == [
        (4, "urban", Decimal(100)),
        (24, "rural", Decimal(100)),
    ]
    assert [limit.hours for limit in mp.limits("OUT-HOME", "rural")] == [24]
    assert [limit.hours for limit in mp.limits("BILL-HIGH")] == [24]
    assert mp.limits("THEFT") == []
    assert {limit.where["hi"] for limit in mp.limits("OUT-HOME")} == {"मध्य प्रदेश"}
    desco = TENANTS.utility("desco")
    assert desco and desco.limits("OUT-HOME") == []


def test_every_fact_names_its_source() -> None:
    for tenant in TENANTS.all():
        for utility in tenant.utilities.values():
            facts = [
                *utility.tariffs,
                *utility.percents,
                *utility.rents,
                *utility.fees,
                *utility.complaint_limits,
                *utility.identifiers,
                *utility.offices,
                *utility.areas,
                *(slab for row in utility.tariffs for slab in row.slabs),
            ]
            assert all(fact.source and fact.confidence in "HMLU" for fact in facts)


def test_no_number_of_doubtful_origin() -> None:
    """Numbers that stand in wrong listings (domain.md §9) never get in."""
    for path in ROOT.glob("tenants/**/*.yml"):
        assert "16979" not in path.read_text("utf-8")


def test_channels_name_variables_only() -> None:
    for tenant in TENANTS.all():
        assert any(channel.type == "webchat" for channel in tenant.channels)
        assert all(name.startswith("SATHI_") for channel in tenant.channels for name in channel.settings.values())


TWO_SHIFTS = Hours(
    timezone="Asia/Dhaka",
    shifts=(
        Shift(days=(6, 0, 1, 2, 3), opens=time(9), closes=time(13)),
        Shift(days=(6, 0, 1, 2, 3), opens=time(14), closes=time(17)),
        Shift(days=(3,), opens=time(22), closes=time(2)),
    ),
    holidays=frozenset({date(2026, 12, 16)}),
    source="test",
)


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        ("2026-11-22T03:00", True, "2026-11-22T03:00"),  # Sunday 9:00 in Dhaka
        ("2026-11-22T02:59", False, "2026-11-22T03:00"),
        ("2026-11-22T07:30", False, "2026-11-22T08:00"),  # the midday break
        ("2026-11-22T11:00", False, "2026-11-23T03:00"),  # closing time is closed
        ("2026-11-26T19:00", True, "2026-11-26T19:00"),  # Thursday night runs into Friday
        ("2026-11-26T20:00", False, "2026-11-29T03:00"),  # Friday and Saturday are free
        ("2026-12-16T05:00", False, "2026-12-17T03:00"),  # a holiday
    ],
)
def test_hours(moment: str, is_open: bool, opens: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert TWO_SHIFTS.is_open(at) is is_open
    assert TWO_SHIFTS.next_opening(at) == datetime.fromisoformat(opens).replace(tzinfo=UTC)


def test_the_hotline_never_closes() -> None:
    assert BD.hours["hotline"].is_open(datetime(2026, 12, 16, 3, 0, tzinfo=UTC))


def test_closed_for_good() -> None:
    assert Hours(timezone="UTC", source="test").next_opening(datetime(2026, 1, 1, tzinfo=UTC)) is None


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "tenants", tmp_path / "tenants")
    return tmp_path / "tenants"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


BROKEN = [
    ("tenant.yml", "code: BPD", "code: bpd", "tenant.yml.code: 'bpd' does not fit"),
    ("tenant.yml", "code: BPD", "code: DES", "code 'DES' is taken by"),
    ("tenant.yml", 'number: "16999"', "number: 16999", "hotline.number: must be text in quotes"),
    ("tenant.yml", 'desco: "3"', 'desko: "3"', "hotline.keys.desko: is no utility"),
    ("tenant.yml", "default_form: bn\n", "default_form: ta\n", "default_form: 'ta' is not among forms"),
    ("tenant.yml", "accent:", "acent:", "tenant.yml.acent: is not known here"),
    ("tenant.yml", "wzpdcl]", "wzpdc]", "utilities/wzpdcl.yml is not listed"),
    ("tenant.yml", "wzpdcl]", "wzpdcl, dhaka]", "utilities/dhaka.yml: the file is missing"),
    ("tenant.yml", 'opens: "08:00"', 'opens: "8 am"', "opens: '8 am' is not a time"),
    ("tenant.yml", "confidence: H", "confidence: sure", "confidence: must be one of H, M, L, U"),
    ("tenant.yml", "region: bangladesh", "region: bengal", "_regions/bengal.yml: the file is missing"),
    ("tenant.yml", "code: BPD", "code: [", "tenant.yml: cannot be read"),
    ("channels.yml", "SATHI_BANGLADESH_POWER_DIVISION_WHATSAPP_ACCESS_TOKEN", "EAAG1234", "never a value"),
    ("utilities/desco.yml", "en: DESCO, ", "", "name: has no English word"),
    ("utilities/desco.yml", "digits: 8", "digits: 9", "example: does not fit the format"),
    ("utilities/desco.yml", "{kind: account", "{kind: acount", "identifiers: has no format for account numbers"),
    ("utilities/desco.yml", "office: pallabi", "office: palabi", "office: 'palabi' is not an office"),
    ("utilities/desco.yml", "{id: turag", "{id: uttarkhan", "office 'uttarkhan' is taken by"),
    ("../_regions/bangladesh.yml", 'rate: "3.75"', "rate: 3.75", "rate: must be a number in quotes"),
    ("../_regions/bangladesh.yml", "{to: 200, rate", "{to: 20, rate", "slabs: must rise"),
    ("../_regions/bangladesh.yml", "from: 2020-03\n", "from: 2020-13\n", "from: '2020-13' is not a date"),
    ("../_regions/bangladesh.yml", "until: 2022-12", "until: 2019-12", "until: is before `from`"),
    ("../_regions/bangladesh.yml", "per: kw", "per: house", "per: must be one of"),
    ("../_regions/bangladesh.yml", "base: recharge", "base: money", "base: must be one of"),
    ("../_regions/bangladesh.yml", "timezone: Asia/Dhaka", "timezone: Dhaka", "'Dhaka' is not a time zone"),
]


@pytest.mark.parametrize(("file", "old", "new", "words"), BROKEN, ids=[row[3] for row in BROKEN])
def test_a_fault_is_named_with_file_and_field(copy: Path, file: str, old: str, new: str, words: str) -> None:
    change(copy / "bangladesh-power-division" / file, old, new)
    with pytest.raises(DataError) as caught:
        Tenants.load(copy)
    assert words in str(caught.value)


def test_all_faults_are_named_at_once(copy: Path) -> None:
    folder = copy / "bangladesh-power-division"
    for file, old, new, _ in BROKEN[3:5]:
        change(folder / file, old, new)
    change(copy / "mp-east" / "tenant.yml", "code: MEZ", "code: 1")
    with pytest.raises(DataError) as caught:
        Tenants.load(copy)
    assert len(str(caught.value).splitlines()) >= 3


def test_no_tenants(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no tenant found"):
        Tenants.load(tmp_path)


def test_a_tenant_nobody_knows() -> None:
    with pytest.raises(DataError, match="There is no tenant 'x'"):
        TENANTS.get("x")


def test_a_new_tenant_is_a_folder(copy: Path) -> None:
    """A made-up company with its own tariff touches no code."""
    shutil.copytree(copy / "mp-west", copy / "somewhere")
    change(copy / "somewhere" / "tenant.yml", "code: MWZ", "code: SOM")
    change(copy / "somewhere" / "tenant.yml", "[mpwz]", "[somewhere-power]")
    path = copy / "somewhere" / "utilities" / "somewhere-power.yml"
    (copy / "somewhere" / "utilities" / "mpwz.yml").rename(path)
    change(path, "code: MPW", "code: SPW")
    with path.open("a", encoding="utf-8") as file:
        file.write(
            "tariffs:\n  - class: LV-1-U\n    name: {en: Homes}\n    default: true\n    from: 2026-04-13\n"
            '    source: gazette\n    confidence: H\n    slabs: [{rate: "7.10"}]\n'
        )
    tenants = Tenants.load(copy)
    rows = [row for row in tenants.get("somewhere").utilities["somewhere-power"].tariffs if row.default]
    assert [row.slabs[0].rate for row in rows] == [Decimal("7.10")]


@pytest.mark.parametrize("tenant", ["bangladesh-power-division", "mp-central", "mp-east", "mp-west"])
def test_what_a_customer_reads_has_a_word_in_both_scripts(tenant: str) -> None:
    one = TENANTS.get(tenant)
    utilities = one.utilities.values()
    names = [way.name for way in one.payment_ways]
    names += [day.name for day in one.holidays]
    names += [tariff.name for utility in utilities for tariff in utility.tariffs]
    names += [limit.where for utility in utilities for limit in utility.complaint_limits]
    names += [identifier.name for utility in utilities for identifier in utility.identifiers]
    assert names and [dict(name) for name in names if not {"bn", "hi", "en"} <= set(name)] == []
