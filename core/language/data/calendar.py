"""Names of months, days, parts of the day and stretches of time in five written forms."""

from __future__ import annotations

# Month number to its names. Bengali calendar months stand with the month most of them falls in.
MONTHS: dict[int, str] = {
    1: "january jan januari janvari janwari jenuari জানুয়ারি জানুয়ারী जनवरी जनवरि poush পৌষ paush पौष",
    2: "february feb februari farvari farwari fabruary february ফেব্রুয়ারি ফেব্রুয়ারী फरवरी फ़रवरी magh মাঘ माघ",
    3: "march mar মার্চ मार्च falgun phalgun ফাল্গুন फाल्गुन फागुन",
    4: "april apr aprail এপ্রিল अप्रैल अप्रेल choitro chaitra চৈত্র चैत्र चैत",
    5: "may মে मई boishakh baisakh boisakh বৈশাখ वैशाख",
    6: "june jun জুন जून joishtho joistho jyaistha jeth জ্যৈষ্ঠ जेठ ज्येष्ठ",
    7: "july jul julai জুলাই जुलाई asharh ashar আষাঢ় आषाढ़ असाढ़",
    8: "august aug agust agast অগাস্ট আগস্ট আগষ্ট अगस्त srabon shrabon shraban sawan শ্রাবণ श्रावण सावन",
    9: "september sept sep setember সেপ্টেম্বর सितंबर सितम्बर sitambar bhadro bhadra bhado ভাদ্র भादो भाद्रपद",
    10: "october oct oktober aktubar aktober october অক্টোবর अक्टूबर अक्तूबर ashshin ashwin aswin ashin আশ্বিন कुंवार अश्विन",
    11: "november nov nobhembor navambar nobember নভেম্বর नवंबर नवम्बर kartik karthik কার্তিক कार्तिक",
    12: "december dec disember disambar disember ডিসেম্বর दिसंबर दिसम्बर ogrohayon agrahayan অগ্রহায়ণ अगहन",
}
# Names that are everyday words too: only beside a word of time or bill.
DOUBTFUL_MONTHS = frozenset(
    """
    may mar march jan jun jul sep dec nov oct apr feb aug magh ashar ashin jeth মে মাঘ
""".split()
)

# Weekday number (Monday is 0) to its names.
WEEKDAYS: dict[int, str] = {
    0: "monday mon shombar sombar somvar somwar সোমবার सोमवार shomvar",
    1: "tuesday tue mongolbar mongalbar mangalvar mangalwar মঙ্গলবার मंगलवार",
    2: "wednesday wed budhbar budhvar budhwar বুধবার बुधवार",
    3: "thursday thu brihospotibar brihoshpotibar guruvar guruwar brihaspativar birvar বৃহস্পতিবার गुरुवार बृहस्पतिवार गुरूवार",
    4: "friday fri shukrobar sukrobar shukrabar shukravar shukrawar jumma juma শুক্রবার জুম্মাবার शुक्रवार जुमा",
    5: "saturday sat shonibar sonibar shanibar shanivar shaniwar শনিবার शनिवार",
    6: "sunday sun robibar rabibar ravivar raviwar itvar itwar রবিবার রোববার रविवार इतवार",
}
DOUBTFUL_DAYS = frozenset(["mon", "tue", "wed", "thu", "fri", "sat", "sun", "juma", "जुमा"])

# Days from today. None: yesterday or tomorrow, the rest of the sentence tells.
DAYS: dict[str, int | None] = {
    **dict.fromkeys(["today", "aj", "aaj", "ajke", "ajk", "aajke", "আজ", "আজকে", "আজকা", "आज", "aajkei", "ajkei"], 0),
    **dict.fromkeys(
        """
        yesterday gotokal gatokal gotkal gatakal goto_kal gotokalke গতকাল গতকালকে
    """.split(),
        -1,
    ),
    **dict.fromkeys(
        """
        tomorrow tomorow agamikal agamikalke agami_kal আগামীকাল আগামিকাল আগামীকালকে
    """.split(),
        1,
    ),
    **dict.fromkeys(
        """
        kal kalke kaal kalk kailka কাল কালকে কালকা कल kalka kalker কালকের
    """.split(),
        None,
    ),
    **dict.fromkeys(
        """
        porshu parso porsu parson poroshu পরশু পরশুদিন परसों परसो porshudin
    """.split(),
        None,
    ),
    **dict.fromkeys(["tonight", "ajrat"], 0),
}
TWO_DAYS = frozenset(
    """
    porshu parso porsu parson poroshu পরশু পরশুদিন परसों परसो porshudin
""".split()
)

# Words that say the sentence looks ahead.
FUTURE = frozenset(
    """
        will hobe thakbe ashbe jabe dibe diben korben korbe hoga hogi aayegi aayega ayegi ayega karna karo kare
        karein rahegi হবে থাকবে আসবে যাবে দিবে দিবেন করবে করবেন होगा होगी आएगी आएगा रहेगी करना करो करें call koren
        den on dijiye bhejo
    """.split()
)

LAST = """
    last previous prior goto gato gata gotto ager aager gelo pichle pichhle pichla pichhla pichli picle beete gaye
    past গত গতো আগের গেল বিগত पिछले पिछला पिछली बीते गत
""".split()
THIS = """
    this current ei ey chalu cholti cholman is iss es এই এ চলতি চলমান इस इसी चालू
""".split()
NEXT = """
    next coming samner porer agami aane agle agla aagle সামনের পরের আগামী अगले अगला आने
""".split()
MONTH_WORDS = """
        month mas mash maas mase mashe mahina mahine maheena mahene mahiney mahinay মাস মাসে মাসটা महीना महीने माह
        maah
    """.split()
WEEK_WORDS = """
    week soptaho shoptaho hafta hafte haftay সপ্তাহ সপ্তাহে हफ्ते हफ्ता सप्ताह saptah
""".split()
YEAR_WORDS = ["year", "bochor", "bosor", "saal", "sal", "বছর", "সাল", "साल", "वर्ष"]
DATE_WORDS = ["tarikh", "tarik", "tarikhe", "tareekh", "tarekh", "তারিখ", "তারিখে", "तारीख", "तारिख", "date"]

# Minutes in one of them.
UNITS: dict[str, int] = {
    **dict.fromkeys(["minute", "minutes", "min", "mins", "minit", "minat", "mint", "মিনিট", "मिनट", "मिनिट"], 1),
    **dict.fromkeys("""
        hour hours hr hrs hour ghonta ghanta ghante ghanta ghonte ghnta ghanto ghonto gonta ghnte ঘণ্টা ঘন্টা ঘনটা
        घंटे घंटा घंटों घण्टे घन्टे
    """.split(), 60),
    **dict.fromkeys(["day", "days", "din", "dino", "দিন", "दिन", "दिनों"], 1440),
    **dict.fromkeys("""
        week weeks soptaho shoptaho hafta hafte saptah সপ্তাহ हफ्ते हफ्ता सप्ताह
    """.split(), 10080),
    **dict.fromkeys("""
        month months mas mash maas mahina mahine maheena mahene মাস महीने महीना माह
    """.split(), 43200),
    **dict.fromkeys(["year", "years", "bochor", "bosor", "bochhor", "saal", "বছর", "साल"], 525600),
}  # fmt: skip

# Numbers in words, as people say how long something lasts.
NUMBERS: dict[str, float] = {
    **dict.fromkeys(["one", "ek", "এক", "এক", "এক", "ekta", "একটা", "एक", "a", "an"], 1),
    **dict.fromkeys(["two", "dui", "duita", "du", "do", "দুই", "দু", "দুইটা", "दो"], 2),
    **dict.fromkeys(["three", "tin", "teen", "তিন", "तीन"], 3),
    **dict.fromkeys(["four", "char", "chaar", "চার", "चार"], 4),
    **dict.fromkeys(["five", "panch", "pach", "paanch", "পাঁচ", "পাচ", "पांच", "पाँच"], 5),
    **dict.fromkeys(["six", "choy", "chhoy", "chhe", "chah", "ছয়", "छह", "छः", "छे"], 6),
    **dict.fromkeys(["seven", "sat", "shat", "saat", "সাত", "सात"], 7),
    **dict.fromkeys(["eight", "aat", "আট", "आठ"], 8),
    **dict.fromkeys(["nine", "noy", "nau", "নয়", "नौ"], 9),
    **dict.fromkeys(["ten", "dosh", "das", "দশ", "दस"], 10),
    **dict.fromkeys(["fifteen", "ponero", "pondoro", "pandrah", "পনের", "পনেরো", "पंद्रह"], 15),
    **dict.fromkeys(["twenty", "bish", "bis", "বিশ", "बीस"], 20),
    **dict.fromkeys(["thirty", "tirish", "trish", "tees", "ত্রিশ", "तीस"], 30),
    **dict.fromkeys(["half", "adha", "aadha", "aadhe", "আধা", "আধ", "आधा", "आधे"], 0.5),
    **dict.fromkeys(["der", "deir", "dedh", "derh", "দেড়", "डेढ़", "डेढ"], 1.5),
    **dict.fromkeys(["arai", "adhai", "dhai", "আড়াই", "ढाई", "अढ़ाई"], 2.5),
}  # fmt: skip

# Parts of the day with the hour they begin at.
DAY_PARTS: dict[str, int] = {
    **dict.fromkeys("""
        morning sokal shokal sakal subah subeh bhor vor সকাল ভোর सुबह सवेरे savere
    """.split(), 6),
    **dict.fromkeys(["noon", "dupur", "dopahar", "dopeher", "duphar", "dopher", "দুপুর", "दोपहर"], 12),
    **dict.fromkeys(["afternoon", "bikal", "bikel", "বিকাল", "বিকেল"], 15),
    **dict.fromkeys("""
        evening sondha shondha sandhya shaam sham sondhya সন্ধ্যা সন্ধা शाम संध्या
    """.split(), 18),
    **dict.fromkeys(["night", "raat", "rat", "rate", "raater", "রাত", "रात", "midnight"], 21),
}  # fmt: skip
AFTER_HOUR = """
    am pm baje bje bajay ta tay tar ter taye tai o'clock oclock টা টায় টার টাই টাতে बजे টারদিকে bajey bajte
""".split()
