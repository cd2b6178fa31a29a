"""Words that tell what somebody wants with an account of this chat: another one beside it, or this one away."""

from __future__ import annotations

# A blank joins words that must stand together; `*` lets a word go on.
ANOTHER = (
    "another", "other", "second", "one more", "additional", "also", "as well", "too",
    "আরেকটা", "আরেকটি", "আরেক", "আর একটা", "আর একটি", "আরো একটা", "আরও একটা", "আরও একটি", "অন্য", "দ্বিতীয়", "নতুন",
    "arekta", "arek", "arekti", "ar ekta", "r ekta", "aro ekta", "aro ekti", "onno", "ditiyo", "notun",
    "एक और", "और एक", "दूसरा", "दूसरे", "दूसरी", "अन्य", "नया", "नई", "भी",
    "ek aur", "aur ek", "dusra", "dusre", "dusri", "doosra", "doosre", "doosri", "naya", "nayi", "bhi",
)  # fmt: skip
AWAY = (
    "remove*", "take my", "delet*", "unlink*", "disconnect this", "forget*", "take off", "drop", "erase*",
    "মুছে*", "মুছুন", "মোছ*", "বাদ", "সরান", "সরিয়ে", "সরায়", "কাটেন", "কেটে", "ডিলিট", "রিমুভ", "আনলিংক",
    "muche", "muchen", "mucho", "muse", "bad", "soran", "soriye", "soraya", "katen", "kete", "rimuv",
    "हटा*", "निकाल*", "मिटा*", "डिलीट", "अलग", "रिमूव", "अनलिंक",
    "hata*", "nikal*", "mita*", "alag", "rimoov",
)  # fmt: skip
