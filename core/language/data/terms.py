"""Appliances, kinds of fault and names of companies in five written forms."""

from __future__ import annotations

APPLIANCES = """
fridge refrigerator freez frij friz freezer deep_freezer deep_freeze ac a_c air_conditioner aircon eci air_cooler cooler kular fan fans ceiling_fan table_fan pankha pakha tv television tube_light bulb bulbs led led_bulb
geyser geysar gijar geezer heater room_heater hitar iron istri press oven microwave micro_oven electric_oven rice_cooker induction induction_cooker induction_stove hot_plate blender mixer mixer_grinder grinder washing_machine
motor moter pump water_pump pani_motor panir_motor water_motor submersible tullu tubewell_motor computer desktop laptop pc printer router wifi_router charger kettle electric_kettle toaster inverter ips ups hair_dryer exhaust_fan exhaust purifier water_purifier
battery_charger easy_bike chakki aata_chakki welding_machine thresher sewing_machine selai_machine lathe cctv
ফ্রিজ ফ্রীজ ডিপ_ফ্রিজ এসি এয়ার_কুলার কুলার ফ্যান পাখা সিলিং_ফ্যান টিভি টেলিভিশন টিউব_লাইট বাল্ব লাইট গিজার হিটার ইস্ত্রি আয়রন ওভেন মাইক্রোওভেন রাইস_কুকার রাইসকুকার ইন্ডাকশন ইন্ডাকশন_চুলা ব্লেন্ডার ওয়াশিং_মেশিন
মোটর পানির_মোটর পানির_পাম্প পাম্প সাবমারসিবল কম্পিউটার ল্যাপটপ প্রিন্টার রাউটার চার্জার কেটলি ইলেকট্রিক_কেটলি টোস্টার আইপিএস ইউপিএস সেলাই_মেশিন
फ्रिज फ्रीज़ फ्रीज डीप_फ्रीजर एसी कूलर पंखा पंखे पंखों टीवी टेलीविजन ट्यूबलाइट बल्ब एलईडी गीजर हीटर आयरन प्रेस ओवन माइक्रोवेव इंडक्शन मिक्सर मिक्सी वॉशिंग_मशीन वाशिंग_मशीन मोटर मोटर_पंप पंप सबमर्सिबल कंप्यूटर लैपटॉप
चार्जर केतली इन्वर्टर यूपीएस चक्की आटा_चक्की वेल्डिंग_मशीन थ्रेशर
"""

FAULTS = """
wire wires cable taar tar taron তার তারে क्यूबल तार तारों केबल ক্যাবল pole khuti khamba khambha khambe khambhe pillar খুঁটি খুটি খাম্বা পোল পিলার खंभा खंभे खंबा खंबे खम्भा पोल
transformer transformar transfarmar ট্রান্সফরমার ট্রান্সফর্মার ট্রান্সমিটার ট্রান্সফারমার ट्रांसफार्मर ट्रांसफॉर्मर ट्रान्सफार्मर डीपी dp ডিপি
spark sparks sparking স্পার্ক স্পার্কিং स्पार्क स्पार्किंग चिंगारी chingari ফুলকি fulki phulki fire agun আগুন aag आग smoke dhoa dhoya ধোঁয়া dhuan dhua धुआं धुआँ shock শক jhatka झटका शॉक
voltage voltej bholtage ভোল্টেজ वोल्टेज fuse ফিউজ फ्यूज meter মিটার मीटर phase ফেজ फेज feeder ফিডার फीडर insulator breaker mcb jumper জাম্পার जंपर
"""
# A meter is a fault's place only beside a word of fault, not beside its number.
WEAK_FAULTS = frozenset(
    """
    meter মিটার मीटर tar তার phase ফেজ फेज feeder ফিডার फीडर dp ডিপি डीपी shock शक tar mcb
""".split()
)

UTILITIES = """
bpdb pdb breb reb pbs palli_bidyut polli_bidyut palli_biddut polli_biddut pallibidyut pollibidyut desco desko dpdc nesco nesko wzpdcl ozopadico ojopadiko wzpdc west_zone bpdp
বিপিডিবি পিডিবি বিউবো বিআরইবি আরইবি পবিস পল্লী_বিদ্যুৎ পল্লি_বিদ্যুৎ পল্লীবিদ্যুৎ ডেসকো ডেস্কো ডিপিডিসি নেসকো ওজোপাডিকো ওয়েস্ট_জোন
डेस्को डीपीडीसी नेस्को पल्ली_बिद्युत पल्ली_विद्युत बीपीडीबी
mp_central mp_east mp_west mpcz mpez mpwz mpmkvvcl mppkvvcl mppokvvcl madhya_kshetra purv_kshetra poorv_kshetra paschim_kshetra मध्य_क्षेत्र पूर्व_क्षेत्र पश्चिम_क्षेत्र एमपी_सेंट्रल एमपी_ईस्ट एमपी_वेस्ट evnnpc npc
"""
