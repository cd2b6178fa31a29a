"""Words that carry no wish of their own in a short question that leans on the one before: "and for last month?"."""

from __future__ import annotations

PARTICLES = frozenset(
    (
        "and", "for", "of", "the", "in", "what", "about", "how", "is", "it", "then", "also", "one", "that", "please", "at", "on", "whats",
        "ar", "aar", "er", "ta", "tar", "ki", "koto", "r", "abar", "den", "bolen", "holo", "to", "dekhan", "oita", "kemon", "te", "e", "masher",
        "আর", "এর", "টা", "টার", "কি", "কী", "কত", "আবার", "দেন", "দিন", "বলেন", "বলুন", "তো", "হলো", "দেখান", "তে", "মাসের", "ওটা",
        "aur", "ka", "ki", "ke", "kitna", "kitni", "bhi", "wala", "me", "mein", "batao", "bataiye", "dikhao", "fir", "phir", "hai", "tha", "mahine",
        "और", "का", "की", "के", "कितना", "कितनी", "भी", "वाला", "में", "मे", "बताओ", "बताइए", "दिखाओ", "फिर", "है", "था", "महीने",
    )
)  # fmt: skip
