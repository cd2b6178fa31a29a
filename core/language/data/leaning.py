"""Words of a question that has no subject of its own and goes on about the last matter: "and how long does it take?".

Spellings as people type them; who uses them brings them into the normal form of core/language/normalise.py.
"""

from __future__ import annotations

# What is asked: time, money, papers, place, way. One of these must be there.
ASKED = frozenset(
    (
        "long", "time", "days", "day", "weeks", "when", "cost", "costs", "fee", "fees", "price", "charge", "charges",
        "papers", "documents", "document", "where", "online", "apply", "process", "steps",
        "দিন", "কতদিন", "সময়", "সময়", "কবে", "খরচ", "টাকা", "ফি", "কাগজ", "কাগজপত্র", "কাগজপাতি", "ডকুমেন্ট", "কোথায়", "কোথায়", "কিভাবে", "কীভাবে", "কেমনে", "অনলাইনে", "আবেদন", "নিয়ম", "নিয়ম",
        "din", "kotodin", "somoy", "shomoy", "time", "kobe", "khoroch", "khorocha", "taka", "kagoj", "kagojpotro", "kothay", "kivabe", "kibhabe", "kemne", "abedon", "niyom",
        "दिन", "समय", "टाइम", "कब", "खर्च", "खर्चा", "पैसा", "पैसे", "फीस", "रुपये", "कागज", "कागजात", "दस्तावेज", "डॉक्यूमेंट", "कहां", "कहाँ", "कैसे", "आवेदन", "ऑनलाइन",
        "samay", "kab", "kharch", "kharcha", "paisa", "paise", "rupaye", "kagaz", "kagzat", "dastavej", "kahan", "kaha", "kaise", "avedan",
    )
)  # fmt: skip
# What may stand beside it.
BESIDE = frozenset(
    (
        "how", "much", "many", "what", "which", "will", "would", "does", "do", "did", "i", "we", "you", "take", "takes", "have", "need", "needed", "required",
        "to", "get", "done", "be", "are", "there", "any", "a", "an", "this", "so", "ok", "okay", "but", "can", "should", "must", "my", "total", "with",
        "লাগবে", "লাগে", "হবে", "হয়", "হয়", "করব", "করবো", "করতে", "করা", "যাবে", "যাব", "পাব", "পাবো", "দিতে", "এটা", "এতে", "এটার", "জন্য", "জন্যে", "আমার", "আমি", "কোন", "আচ্ছা", "তাহলে", "মোট", "কতো", "কয়", "কয়", "কী", "কি", "লাগতে", "পারে",
        "lagbe", "lage", "hobe", "hoy", "korbo", "korte", "kora", "jabe", "jabo", "pabo", "dite", "eta", "ete", "etar", "jonno", "amar", "ami", "kon", "accha", "tahole", "mot", "koy", "online",
        "लगेगा", "लगेंगे", "लगेगी", "लगता", "लगते", "होगा", "होंगे", "हैं", "करना", "करूं", "करें", "कर", "मिलेगा", "जाना", "देना", "इसमें", "इसका", "इसके", "लिए", "मुझे", "मेरा", "अच्छा", "कौन", "से", "क्या", "कितने", "कुल", "चाहिए", "पड़ेगा", "पड़ेंगे", "तो", "को",
        "lagega", "lagenge", "lagegi", "lagta", "lagte", "hoga", "honge", "hain", "karna", "karu", "karun", "kare", "karein", "kar", "milega", "jana", "dena", "isme", "ismein", "iska", "iske", "liye", "mujhe", "mera", "acha", "achha", "kaun", "kon", "se", "kya", "kitne", "kul", "chahiye", "padega", "padenge", "to", "ko",
    )
)  # fmt: skip
