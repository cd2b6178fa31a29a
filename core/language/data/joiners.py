"""Words between two wishes of one message, in every written form. A word alone cuts nothing: both sides must mean something."""

from __future__ import annotations

JOINERS = frozenset(
    (
        "and", "also", "plus", "then", "besides", "&",
        "ar", "aar", "r", "ebong", "ebang", "abong", "o", "tachara", "tachhara", "sathe", "tarpor", "sei sathe",
        "এবং", "আর", "ও", "তাছাড়া", "সাথে", "তারপর", "এছাড়া", "সেই সাথে",
        "aur", "or", "tatha", "saath", "phir", "fir", "iske alawa", "saath hi",
        "और", "तथा", "एवं", "साथ", "फिर", "इसके अलावा", "साथ ही",
    )
)  # fmt: skip
