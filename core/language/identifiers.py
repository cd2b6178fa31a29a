"""Numbers that name something: account, meter, complaint, application, phone, token, transaction; and amounts.

Formats: domain.md section 2. Digits of any script, with blanks and dashes between them; what a number is follows from its
length, its first digits and the words before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.language.pieces import Found, Reading

_COMPLAINT = re.compile(r"(?<![a-z0-9])([a-z]{3})[ -]?([a-z0-9]{6})(?![a-z0-9])")
_CODES = frozenset(["des", "dpd", "nes", "wzp", "bpd", "bre", "reb", "pbs", "mpc", "mpe", "mpw", "evn"])
_CODE_LIKE = re.compile(r"(?<![a-z0-9])[a-z]{3}-(?=[a-z0-9]{0,5}[0-9])[a-z0-9]{6}(?![a-z0-9])")
_IVRS = re.compile(r"(?<![a-z0-9])n[ -]?(\d(?:[ -]?\d){9})(?!\d)")
_TRANSACTION = re.compile(r"(?<![a-z0-9-])(?=[a-z0-9]{0,11}\d)(?=[a-z0-9]{0,11}[a-z])[a-z0-9]{8,14}(?![a-z0-9-])")
_RUN = re.compile(r"(?<![\d.,])\+?\d+(?:[ -]{1,2}\d+)*(?![\d])")
_NAMED = re.compile(r"[a-z\u0900-\u09ff]+")
_MONEY_BEFORE = re.compile(
    r"(?:৳|₹|(?<![a-z])(?:rs|inr|tk|bdt)\.?|(?<![a-z])(?:taka|rupees|rupee|rupaye|rupay)|টাকা|टका|रु\.?|रुपये|रुपए)\s{0,2}(\d[\d,]{0,12}(?:\.\d{1,2})?)(?![\d,]*\d|\s{0,2}(?:unit|ইউনিট|यूनिट|kw|%))"
)
_MONEY_AFTER = re.compile(
    r"(?<![\d.,])(\d[\d,]{0,12}(?:\.\d{1,2})?)\s{0,2}(hajar|hazar|hazaar|hajaar|হাজার|हजार|lakh|লাখ|लाख|k)?\s{0,2}"
    r"(?:(?:taka|taaka|takay|takar|tk|rupees|rupee|rupaye|rupay|rupya|rupye|rupey|rupiya|rupaiya|rs|inr|bucks)(?![a-z])|টাকা|টেকা|टका|रुपये|रुपए|रुपया|रूपये|रूपए|रुपय|रु(?![\u0900-\u097f])|৳|₹|/-|/=)"
)
_UNITS = re.compile(
    r"(?<![\d.,])(\d[\d,]{0,8}(?:\.\d{1,2})?)\s{0,2}-?(?:(?:units?|unite|uniter|unit|yunit|kwh|uint)(?![a-z])|ইউনিট|যূনিট|यूनिट|युनिट)"
)
_KILO = (
    r"(?:(?:kw|k\.w|kilowatt|kilowat|kilo|kilowatts|kva|k w)(?![a-z])|"
    r"কিলোওয়াট|কিলোওয়াট|কেডব্লিউ|কিলো|किलोवाट|किलोवॉट|किलो|केडब्ल्यू|केवी(?!ए))"
)
_LOAD = re.compile(r"(?<![\d.,])(\d{1,4}(?:\.\d{1,2})?)\s{0,2}" + _KILO)
_LOAD_FROM = re.compile(
    r"(?<![\d.,])(\d{1,4}(?:\.\d{1,2})?)\s{0,2}(?:"
    + _KILO
    + r")?\s{1,2}(?:to|theke|se|থেকে|से|ta theke)\s{1,2}(\d{1,4}(?:\.\d{1,2})?)\s{0,2}"
    + _KILO
)
_GROUP = 1_000
_TIMES = {"hajar": 1000, "hazar": 1000, "hazaar": 1000, "hajaar": 1000, "হাজার": 1000, "हजार": 1000, "k": 1000,
          "lakh": 100000, "লাখ": 100000, "लाख": 100000}  # fmt: skip

# Words before a number that say what it is.
_METER = frozenset(
    """
    meter mitar miter meeter metar mtr মিটার মিটারের মিটারে मीटर मिटर
""".split()
)
_TRACK = frozenset(
    """
        tracking track application abedon abedan aabedan avedan aavedan aavedn form request reference ট্র্যাকিং
        ট্রাকিং আবেদন আবেদনের দরখাস্ত ट्रैकिंग आवेदन एप्लीकेशन aplication applied apply connection
    """.split()
)
_COMPLAINTS = frozenset(
    """
        complaint complain complaint obhijog shikayat sikayat ticket অভিযোগ কমপ্লেইন কমপ্লেন টিকেট शिकायत कंप्लेंट
    """.split()
)
_TOKEN = frozenset(["token", "tokan", "toaken", "টোকেন", "টোকেনটা", "टोकन", "টোকেনের"])
_PAID = frozenset(
    """
        txn trx trxid txnid transaction utr ref tranx ট্রানজেকশন লেনদেন ট্রাঞ্জেকশন ट्रांजेक्शन ट्रांजैक्शन यूटीआर
        upi tid
    """.split()
)
_ACCOUNT = frozenset(
    """
        account acc ac a/c acct hisab hishab hisaab hesab grahok grahak consumer customer cust khata khaata ivrs
        upbhokta connection kn ca id হিসাব হিসাবের একাউন্ট অ্যাকাউন্ট গ্রাহক কনজুমার কাস্টমার হিসেব खाता खाते
        उपभोक्ता ग्राहक अकाउंट आईवीआरएस कंज्यूमर कनेक्शन
    """.split()
)
_PHONE = frozenset(
    """
    phone mobile mobil number no call ফোন মোবাইল নাম্বার নম্বর कॉल फोन मोबाइल नंबर whatsapp
""".split()
)
_BILL = frozenset(["bill", "bil", "বিল", "বিলের", "बिल"])
_LOOK_BACK = 28


def numbers(reading: Reading) -> Iterator[Found]:
    """Every identifier and amount of a message, each stretch of text once."""
    taken: list[tuple[int, int]] = []
    for found, start, end in _all(reading):
        if not any(start < other_end and end > other_start for other_start, other_end in taken):
            taken.append((start, end))
            yield found


def _all(reading: Reading) -> Iterator[tuple[Found, int, int]]:
    text = reading.normal.text
    for match in _COMPLAINT.finditer(text):
        code, rest = match.groups()
        known = code in _CODES and any(letter.isdigit() for letter in rest)
        if known or (match.group()[3] == "-" and _CODE_LIKE.match(match.group())):
            yield _span(reading, "complaint_number", match.start(), match.end(), f"{code}-{rest}".upper())
    for match in _IVRS.finditer(text):
        yield _span(reading, "account_number", match.start(), match.end(), "N" + _digits(match.group(1)))
    for match in _TRANSACTION.finditer(text):
        token = match.group()
        digits = sum(letter.isdigit() for letter in token)
        if 2 <= digits < len(token) and not re.fullmatch(r"\d+[a-z]{1,6}|n\d{10}|[a-z]+\d{1,2}", token):
            yield _span(reading, "transaction_id", match.start(), match.end(), token.upper())
    for match in _LOAD_FROM.finditer(text):
        yield _span(reading, "load", *match.span(1), match.group(1))
        yield _span(reading, "load", *match.span(2), match.group(2))
    for pattern, entity in ((_UNITS, "units"), (_LOAD, "load")):
        for match in pattern.finditer(text):
            yield _span(reading, entity, *match.span(1), match.group(1).replace(",", ""))
    for match in _MONEY_AFTER.finditer(text):
        amount = match.group(1).rstrip(",").replace(",", "")
        if match.group(2):
            amount = f"{float(amount) * _TIMES[match.group(2)]:g}" if float(amount) < _GROUP else amount
        yield _span(reading, "amount", *match.span(1), amount)
    for match in _MONEY_BEFORE.finditer(text):
        yield _span(reading, "amount", *match.span(1), match.group(1).rstrip(",").replace(",", ""))
    for match in _RUN.finditer(text):
        yield from _run(reading, match.start(), match.end())


def _run(reading: Reading, start: int, end: int) -> Iterator[tuple[Found, int, int]]:
    """Groups of digits one after another: as many as make a known number, then the rest."""
    text = reading.normal.text
    groups = [(start + match.start(), start + match.end()) for match in re.finditer(r"\d+", text[start:end])]
    place = 0
    while place < len(groups):
        for last in range(len(groups), place, -1):
            first, final = groups[place][0], groups[last - 1][1]
            digits = _digits(text[first:final])
            if last - place > 1 and any(b - a < 2 for a, b in groups[place:last]) and len(digits) < 10:
                continue
            entity, value = _name(text, first, digits, last - place)
            if entity:
                begin = first - 1 if first and text[first - 1] == "+" else first
                yield _span(reading, entity, begin, final, value)
                place = last - 1
                break
        place += 1


def _name(text: str, start: int, digits: str, groups: int) -> tuple[str, str]:
    """What a number of these digits is, after the words before it."""
    before = _NAMED.findall(text[max(0, start - _LOOK_BACK) : start])[-4:]
    nearest = next((word for word in reversed(before) if word in _KINDS), "")
    kind = _KINDS.get(nearest, "")
    size = len(digits)
    if size == 20:
        return "token", digits
    if kind == "paid" and groups == 1 and size >= 6:
        return "transaction_id", digits
    mobile = _mobile(digits)
    if mobile and not (kind == "meter" or (kind == "account" and size in (10, 11) and not digits.startswith("01"))):
        return "phone", mobile
    if kind == "token" and 16 <= size <= 24:
        return "token", digits
    if kind == "meter" and 8 <= size <= 13:
        return "meter_number", digits
    if kind == "track" and 4 <= size <= 12 and groups <= 3:
        return "tracking_number", digits
    if kind == "complaint" and 4 <= size <= 12:
        return "complaint_number", digits
    if size == 12:
        return "meter_number", digits
    if size == 13 or size in (8, 9):
        return "account_number", digits
    if kind == "account" and 6 <= size <= 13:
        return "account_number", digits
    if kind == "bill" and 6 <= size <= 14 and groups == 1:
        return "bill_number", digits
    return "", ""


def _mobile(digits: str) -> str:
    """The national form of a mobile number, or nothing."""
    for pattern, cut in (
        (r"(?:00)?8801[3-9]\d{8}", -11),
        (r"01[3-9]\d{8}", -11),
        (r"(?:00)?91[6-9]\d{9}", -10),
        (r"0?[6-9]\d{9}", -10),
    ):
        if re.fullmatch(pattern, digits):
            return digits[cut:]
    return ""


_KINDS = {
    **dict.fromkeys(_PHONE, "phone"),
    **dict.fromkeys(_BILL, "bill"),
    **dict.fromkeys(_ACCOUNT, "account"),
    **dict.fromkeys(_TRACK, "track"),
    **dict.fromkeys(_COMPLAINTS, "complaint"),
    **dict.fromkeys(_METER, "meter"),
    **dict.fromkeys(_TOKEN, "token"),
    **dict.fromkeys(_PAID, "paid"),
}
for _plain in """
    phone mobile number no call নাম্বার নম্বর नंबर id connection কানেকশন कनेक्शन
""".split():
    # These stand after the word that matters ("meter number 0123…").
    _KINDS.pop(_plain, None)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _span(reading: Reading, entity: str, start: int, end: int, value: str) -> tuple[Found, int, int]:
    return reading.found(entity, start, end, value), start, end
