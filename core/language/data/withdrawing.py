"""Words by which somebody takes a complaint back: one of each must stand in a short message, and none that asks why."""

from __future__ import annotations

MATTER = frozenset(
    (
        "complaint", "complain", "complaints",
        "অভিযোগ", "অভিযোগটা", "অভিযোগটি", "কমপ্লেইন", "কমপ্লেন", "কমপ্লেইনটা", "অভিযোগের",
        "obhijog", "ovijog", "obhijogta", "obijog", "komplen", "complainta",
        "शिकायत", "शिकायतें", "कंप्लेंट", "कम्प्लेंट", "कंप्लेन",
        "shikayat", "sikayat", "shikayt", "complent",
    )
)  # fmt: skip
TAKEN_BACK = frozenset(
    (
        "cancel", "withdraw", "cancelled", "delete", "remove",
        "বাতিল", "ক্যানসেল", "ক্যান্সেল", "তুলে", "উঠিয়ে", "প্রত্যাহার",
        "batil", "bathil", "cansel", "kensel", "tule", "uthiye",
        "रद्द", "रद", "कैंसिल", "कैंसल", "वापस", "वापिस", "हटा", "हटाओ", "हटवा",
        "radd", "rad", "wapas", "vapas", "wapis", "hata", "hatao", "hatwa", "kainsil",
    )
)  # fmt: skip
ASKS_WHY = frozenset(
    (
        "why", "who", "not", "dont", "don't", "without", "reopen", "again",
        "কেন", "কে", "করিনি", "না", "আবার",
        "keno", "kno", "korini", "na", "abar",
        "क्यों", "क्यूं", "किसने", "नहीं", "मत", "फिर", "दोबारा",
        "kyun", "kyu", "kyon", "kisne", "nahi", "nhi", "mat", "phir", "dobara",
    )
)  # fmt: skip
