"""Whole messages that are commands, by the intent they stand for."""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, ...]] = {
    "affirm": (
        "yes", "y", "yeah", "yep", "yes please", "ok", "okay", "k", "okey", "sure", "right", "correct", "confirm", "go ahead", "👍", "✅",
        "hae", "haa", "ha", "hya", "hyan", "hay", "ji", "jee", "ji hae", "thik", "thik ache", "thik ase", "tik ase", "accha", "acha", "ok thik ase",
        "হ্যাঁ", "হ্যা", "হা", "হাঁ", "হুম", "জি", "জ্বি", "জী", "জি হ্যাঁ", "ঠিক", "ঠিক আছে", "ঠিক আসে", "আচ্ছা", "ওকে", "হ",
        "haan", "han", "haa ji", "haan ji", "ji haan", "ji han", "theek", "theek hai", "thik hai", "thik h", "sahi hai", "sahi", "bilkul",
        "हाँ", "हां", "हा", "हाँ जी", "जी हाँ", "जी हां", "जी", "ठीक", "ठीक है", "ठीक हे", "सही है", "सही", "ओके", "बिल्कुल",
    ),
    "deny": (
        "no", "n", "nope", "nah", "no thanks", "not this", "wrong", "👎", "❌",
        "na", "naa", "nah", "ji na", "na na", "bhul", "না", "জি না", "না না", "নাহ", "ভুল", "নো",
        "nahi", "nahin", "nhi", "ji nahi", "galat", "नहीं", "नही", "नहि", "ना", "जी नहीं", "गलत", "नो",
    ),
    "cancel": (
        "cancel", "quit", "exit", "cancel it", "cancel this", "batil", "batil koren", "batil koro", "bad den", "bad daw", "thak", "lagbe na", "dorkar nai",
        "বাতিল", "বাতিল করুন", "বাতিল করেন", "বাতিল কর", "ক্যান্সেল", "বাদ দেন", "বাদ দিন", "থাক", "লাগবে না", "দরকার নাই",
        "radd", "radd karo", "rehne do", "rahne do", "chhodo", "cancel karo", "cancel koren", "रद्द", "रद्द करो", "रद्द करें", "कैंसिल", "कैंसल", "रहने दो", "छोड़ो",
    ),
    "help_menu": (
        "menu", "main menu", "help", "options", "start menu", "home", "0", "#", "menu dekhan", "menu den", "shahajjo", "sahajjo", "মেনু", "মেন্যু", "প্রধান মেনু", "সাহায্য", "শুরু",
        "menu dikhao", "madad", "sahayata", "मेनू", "मेन्यू", "मुख्य मेनू", "मदद", "सहायता", "हेल्प",
    ),
    "skip": (
        "skip", "skip this", "next", "pore", "bad", "স্কিপ", "পরে", "পরের টা", "aage", "aage badho", "chhod do", "स्किप", "आगे", "छोड़ दो", "jani na", "জানি না", "pata nahi", "पता नहीं",
        "i dont know", "i don't know", "dont know",
    ),
    # In the middle of something these end it (gateway/asking.py).
    "unsubscribe_alerts": (
        "stop", "stop it", "stop all", "stopall", "unsubscribe", "please stop", "stop please", "opt out", "optout",
        "স্টপ", "বন্ধ করুন", "বন্ধ করেন", "বন্ধ করো", "বন্ধ কর", "থামুন", "bondho koren", "bondho korun", "bondho koro", "off koren", "thamun",
        "स्टॉप", "बंद करो", "बंद करें", "बंद कर दो", "रोक दो", "band karo", "band karein", "band kar do", "bandh karo", "rok do",
    ),
    "subscribe_alerts": ("resume", "unstop", "subscribe", "opt in", "optin"),
    "talk_to_operator": ("operator", "agent", "human", "অপারেটর", "এজেন্ট", "ऑपरेटर", "एजेंट", "customer care", "কাস্টমার কেয়ার", "कस्टमर केयर"),
}  # fmt: skip

LANGUAGES: dict[str, tuple[str, ...]] = {
    "bn": ("বাংলা", "bangla", "bengali", "বাংলায়", "বাংলা ভাষা", "बांग्ला", "बंगाली", "bangla te", "banglay"),
    "bn-Latn": ("banglish", "bangla english horofe", "বাংলিশ"),
    "en": (
        "english",
        "eng",
        "ইংরেজি",
        "ইংলিশ",
        "अंग्रेजी",
        "अंग्रेज़ी",
        "इंग्लिश",
        "ingreji",
        "english please",
        "angrezi",
        "engreji",
    ),
    "hi": ("हिन्दी", "हिंदी", "hindi", "হিন্দি", "हिंदी में", "hindi me", "hindi mein"),
    "hi-Latn": ("hinglish", "हिंग्लिश", "roman hindi"),
}
