"""Words of danger in five written forms, by what they mean.

A word stands for its loose spelling (core/language/spelling.py). `*` lets a word go on, `~` forgives a slip, `_` joins a
phrase. How meanings make a danger is core/language/danger.py.
"""

from __future__ import annotations

CONCEPTS: dict[str, str] = {
    "wire": """
        wire wires wier wir wyer waire wayar cable cabel kebal conductor taar tar tare tarer taare taarer tarta tarti
        tarer tarei taron taro taarein tarein taar_taar তার তারে তারের তারটা তারটি তারগুলা তারগুলো তারগুলি তাড় তারো ওয়ার ওয়্যার ক্যাবল কেবল
        ক্যাবলের तार तारों तारो टार वायर केबल कंडक्टर 11kv 33kv 11_kv 33_kv 11_কেভি 33_কেভি 11_केवी 33_केवी 11000 33000 kebil keble high_tension hightension high_tention hi_tension high_voltage_line হাই_ভোল্টেজ_লাইন হাইভোল্টেজ_লাইন हाईटेंशन हाइटेंशन हाई_टेंशन हाईटेन्शन ht_line lt_line wires 11_hazar 11_hajar ১১_হাজার 11_हजार overhead_line overhead_lines ht_line live_conductor conductors তারটাকে wirs wiers wirez wyre wrie wyres kable kabels wayer""",
    "line": "line lain line_ta lines লাইন লাইনে লাইনের লাইনটা लाइन लाईन powerline power_line electric_line",
    "fall": """
        fall falls fallen fell falling fel fallin faln fallan snap snaps snapped snaped broke broken brok breaking breaks lying down dwn
        collapsed collapse torn tore dropped
        porse porche porese porechhe poreche porsay porlo poira poirra pore_ase pore_ache pore_achhe pore_gese pore_geche pore_gechhe
        pore_gelo pore_roise pore_asay pore_thake pore_jabe pore_ace pora_ase pora_ache porbe porteche portese pora pori_gese pori_gise
        pori_ase poira_ase poira_gese pora_dekhi porche
        chire chira chirse chirche chirlo chirbe chirar chhire chhirse chirese cirse cira cire chire_gese chhirechhe chhera chera chirra chiri
        chirsi siri_forse siri_foijje khose khoshe khoisha khule_gese khule_porse chutse chute_gese bichhinno bicchinno
        ছিঁড়ে ছিঁড়া ছিঁড়ছে ছিঁড়েছে ছিঁড়ল ছিঁড়বে ছিঁড়ি ছিড়ে ছিড়া ছিড়ছে ছিরে ছিরা ছিরছে ছেঁড়া ছেড়া ছেড়া_তার ছিঁড়িয়া ছিইড়া ছিঁইড়া ছুটে খুলে_গেছে খুইলা খসে
        পড়ছে পড়েছে পরেছে পরছে পড়ে_আছে পড়ে_গেছে পড়ে_গেল পড়ে_আসে পড়া পইড়া পড়লো পড়ল পড়ি পইজ্জে পড়বে পড়তেছে পড়ে_থাকে পরে_আছে পরে_গেছে পইড়ে
        foijje forse foira poijje poirra ভাঙছে ভাইঙ্গা ভেঙে ভেঙ্গে ভাঙা ভাঙ্গা ভাঙ্গি ভাঙি ভেঙেছে ভাংছে ভাঙ্গছে
        bhenge bhengge bhenge_gese bhanga bhangse bhangche bhanggi vangi vange vengge vanga vangse vangga vaingga vaigga venge vengi bhaingga
        gir gira giraa giri gire girne girta girti gir_gaya gir_gyi gr_gaya girgaya girgya gir_gai gir_raha girkar girke girega gira_pada girgyi giro gir_gao
        toot toota tooti toote tootkar tootke tootne tut tuta tuti tute tutke tutkar tut_gaya tut_gya tootgaya tod_diya tod tuto tooto tutgaya
        टूट टूटा टूटी टूटे टूटकर टूटके टूटने टूटो टुट टुटा टूटगया तोड़ गिर गिरा गिरी गिरे गिरकर गिरके गिरने गिरो गिरता गिरती गिरेगा पड़ा पड़ी पड़े पड़ो पड़ल
        pada padi pade padaa pdaa pda pdi pado padal ukhad ukhda ukhar ukhra उखड़ उखड़ा dhah ढह khichi kheech
        tutgo tutgya tartutgya ফাটা came_down came_off khuila খুইলা ghusa collapse collapsing knocked thok_diya ठोक_दिया ঠুকে porar_moto পড়ার_মতো porbo পড়বো kaat_di काट_दी dug_out kata_porse কাটা_পড়ছে namse নামছে nama নেমে gr_gya gr_gaya gire_pade came_down fata ফাটা""",
    "strongfall": """
        fell fallen snapped snap broke broken torn toot tooti toota tut tuti tut_gayi gir_gayi gir_gai gir_gayi_hai giri gir_gyi टूट टूटी टूट_गई गिर_गई गिरी
        chire chira chirse chhire chirche ছিঁড়ে ছিড়ে ছিঁড়ছে ছিঁড়া ছিঁড়েছে chire_gese ছেঁড়া
        siri_forse ছিঁড়ি jhool jhul jhule jhoolti latak latki लटक झूल sagging hanging came_down""",
    "hang": """
        hang hangs hanging hanged hangin hung dangling dangle dangles sag sagging sags droop*
        jhul jhule jhultese jhulteche jhulche jhulchhe jhulse jhula jhulonto jhulanto jhulan jhulaya jhuila jhool jhooli jhoolti jhul_rahi jhulta jhulti jhula_ase
        zhule zhultese julche julse jule jhole jholche jholse jholtese jhulbar jhulay julle
        ঝুলে ঝুলছে ঝুলতেছে ঝুলন্ত ঝুলা ঝুইলা ঝোলা ঝুলে_আছে ঝুইল্যা ঝুলি ঝুলতাছে ঝুলিতেছে ঝুলে_পড়ছে
        latak lataka latki latke latka latakta latakti latkat latak_raha latakna latkaa latke_huye latkay latkaya latkaise লটকে লটকায় লটকানো
        लटक लटका लटकी लटके लटकता लटकती लटकते लटको झूल झूला झूलता झूलते झूलती झूलो
              chuy
           takra takraa takrata takrati takra_raha takrake टकरा टकराते टकराता टकरा_रहे टकराकर clash clashing
                           পেঁচাইছে পেঁচায়ে pechaise atke atka atkaise
        আটকে আটকা phans phas phasa फंस फंसा फँस latkaa
        niche_neme niche_namse niche_namche নিচে_নেমে নিচে_নামছে নিচে_নামছে neeche_aa_gaya neeche_aa_gayi niche_aa_gaya नीचे_आ_गया नीचे_आ_गई niche_aa_gaye pighal pighla pighalna पिघल garam_hoke_laal laal_ho_gaya lal_hoye lal_hoi swinging swings swing swayed came_off came_down rubbing ragad ragar রগড় रगड़ ghosha ঘষা dol_khay দোল_খায় doltese দুলতেছে দুলে pechaya pechay tangled resting tika टिका टिके shuye_ase শুয়ে_আছে bhor_diya ভর_দিয়ে nikal_ke nikla_hua निकल_कर निकला_हुआ ber_hoye_ase বের_হয়ে_আছে out_of_the_box""",
    "ontop": """
        on upon over across upor upore uporey upre upr opor opore uporer উপর উপরে উপ্রে ওপর ওপরে pe par per pr पर पे ऊपर upar upper e te lege lagse against into
        tare tarer তারে তারের line_e""",
    "spark": """
        spark sparks sparked sparking~ sparkin sparkng sparkling_from spaking spaked spak sperk sprak spork spark_kore sparkig sprk sparkin isparkin spaark
        স্পার্ক স্পার্কিং~ স্পার্ক্স স্পাক স্পাকিং ইস্পার্ক স্পার্কে স্প্রার্ক स्पार्क स्पार्किंग~ स्पार्किग इस्पार्क स्पाक स्पार्कलिंग
        chingari~ chingaari chingariya chingariyan chingariyaan cingari chinagri chingarii chingary chinngari chingarriyan चिंगारी~ चिंगारियां चिंगारियाँ चिंगरी चिनगारी चिंगारिया चिन्गारी
        fulki phulki fulka phulka fulki_ber fulkan futki futka fulkir fulki_portese aguner_dana aguner_gola aguner_kona aguner_fulki ফুলকি ফুলকা ফুলকির ফুল্কি ফুটকি আগুনের_গোলা
        arcing sparkss patakhe_jaisi पटाखे_जैसी crackling crackle flashing flashes nil_alo নীল_আলো neeli_roshni नीली_रोशनी blue_light aguner_chita chite_agun আগুন_ছিটে aag_baras आग_बरस fire_rain phuljhadi_jaisi फुलझड़ी_जैसी thash_thash ঠাস_ঠাস chor_chor_shobdo চড়_চড় chat_chat चट_चट hissing crackles crackled buzzing""",
    "fire": """
        fire fires fyre fiyar faiar flame flames flaming blaze burning on_fire caught_fire catching_fire aflame
        agun aagun agoon agn agunn agune aguner agon agunnn aghun agin আগুন আগুনে আগুনের আগুণ অাগুন আগুনটা আগুইন অগুন aag aagg ag aaag आग अाग आगी
               jole_jacche জ্বলে_যাচ্ছে
        pure_jacche pure_jaitese purtese purteche পুড়ে_যাচ্ছে পুড়তেছে পুড়ছে পুইড়া_যাইতেছে
        aagi aagi_nikal आगग jole_uthse জ্বলে_উঠছে fulke_uthse lapte lapat लपट लपटें लपटे shikha শিখা holka হলকা dau_dau দাউদাউ দাউ_দাউ bhabhak भभक inferno alight""",
    "catch": """
        lagse lagche lagchhe lagsay laigse legeche legese lege_gese lege_geche lege_jay lagtese dhorse dhorche dhorchhe dhoreche dhore_gese dhore_geche dhoira_gese dhorlo laglo lagi laga lag_gayi lag_gai
        lag_gaya lag_gyi lagi_hai lg_gyi lg_gai lag_rahi lagga লাগছে লেগেছে লাগসে লেগে_গেছে ধরছে ধরেছে ধরে_গেছে ধরসে ধইরা_গেছে লাগলো লাইগছে লাইগা_গেছে
        लग_गई लग_गयी लगी लग_गइ लग_रही लगी_है लगल jolche jole_uthse caught broke_out coming spreading chhoraise ber_hocche hocche""",
    "smoke": """
        smoke smok smoking smoky smokes smokin dhoa dhoya dhowa dhoyaa dhoaa dhuya dhua dhuwa dhuma dhuyan dhuaa duwa dhuan dhuaan dhuwan dhuvan dhuaa dhunwa dhunva
        ধোঁয়া ধোয়া ধুয়া ধুঁয়া ধুমা ধোঁয়ার ধোঁয়ায় ধোয়ায় ধুমায় धुआं धुआ धुँआ धुआँ धुंआ धुवा धुवां धुएं धुँए धुआं_निकल fumes fume dhuma dhumay ধুমায় ধুঁয়ায়""",
    "smell": """
        burning_smell smell_of_burning burnt_smell burn_smell smell_burning smell_burnt pora_gondho pura_gondho pure_gondho pora_pora_gondho poragondho pura_pura_gondho puira_gondho
        পোড়া_গন্ধ পোড়া_পোড়া_গন্ধ পুড়া_গন্ধ পোড়ার_গন্ধ পোড়া_গন্ধে jalne_ki_badbu jalne_ki_smell jalne_ki_boo jalne_ki_bu jalne_jaisi_badbu jalne_ki_gandh jalne_ki_bas jali_badbu jalne_jaisi
        जलने_की_बदबू जलने_की_बू जलने_की_गंध जलने_जैसी_बदबू जलने_की_स्मेल jolar_gondho পুড়ে_গন্ধ gole gola_gola galche melting melted plastic_pora plastic_smell burning_plastic প্লাস্টিক_পোড়া plastic_jalne प्लास्टिक_जलने melted gola গলা গলে pighal पिघल boiling ubal उबल fute ফুটে glowing red_hot lal_hoye লাল_হয়ে laal_ho_gaya""",
    "blast": """
        blast blasts blasted blasting blust explode exploded explodes explosion~ exploding burst bursted bursting loud_bang big_bang boom
        bisforon bishforon bisforito বিস্ফোরণ~ বিস্ফোরিত বিস্ফোরন ব্লাস্ট ব্লাষ্ট ब्लास्ट धमाका धमाके dhamaka dhamake dhamaaka dhmaka
        fat_gaya phat_gaya fat_gya futse fatse fete_gese fete fetese phatse ফুটছে ফাটছে ফেটে ফাইটা ফাটলো फट_गया फट फटा phuta futlo bikot_shobdo বিকট_শব্দ বিকট_শব্দে fut_re phut_re fut_rahe phut_rahe phoot_rahe phoot_re phut_raha phoot_raha fat_rahe phat_rahe phat_raha fat_re फूट_रहे फूट_रहा फट_रहे फुट_रहे fatteche fattese fatche futtese futteche ফাটতেছে ফুটতেছে ফাটতাছে""",
    "shock": """
        shock shocks shocked shok shoc shocking shokd shcok shocl sock_laga shock_lage শক শকড শকে শকড্ শক্‌ শট_খাইছি शॉक शाॅक शोक_लगा शाक_लगा jhatka jhatke jhatkaa jhtka zhatka jatka jhataka झटका झटके झटक ঝাটকা ঝটকা ঝাঁকি jhaki
        jhin_jhin jhinjhin jhin_jhin_kore ঝিনঝিন ঝিন_ঝিন झनझन jhanjhan chin_chin চিনচিন jhinjhini ঝিনঝিনি jerk jerks tingling tingle tingles jolt jolts zap zapped zaps zapping jhaki ঝাঁকি ঝাঁকুনি jhunjhuni झुनझुनी jhanjhana झनझना jhanjhanata झनझनाता झनझनाहट jhanjhanahat kamor কামড় obosh অবশ tingles ঝিমঝিম jhimjhim jhim_jhim jhin_dhore ঝিন_ধরে শকড""",
    "electrocuted": """
        electrocut* elektrocut* electricuted electrocute electrocution bidyutsprishto~ biddutsprishto~ bidyut_sprishto bidyutspristo biddut_sprishto biddutspristo বিদ্যুৎস্পৃষ্ট~ বিদ্যুৎ_স্পৃষ্ট বিদ্যুতস্পৃষ্ট
        বিদ্যুৎপৃষ্ট বিদ্যুৎস্পর্শে তড়িতাহত live_wire live_wires live_cable live_tar live_taar
        bidyutprishto biddutprishto বিদ্যুতপৃষ্ট বিদ্যুৎপৃষ্ঠ bidyut_sprishta tartutgya electrical_accident bijli_se_jal बिजली_से_जल current_se_jal live_conductor live_conductors""",
    "current": """
        current currents currant curent currnt curren karent karant karrent karen_t kerent karennt currunt electrified electrically_charged crrent carent karnt curnt কারেন্ট কারেন্টে কারেন্টের কারেণ্ট করেন্ট কারেনট কারেন্টর কারেন্টও করেন্টে
        करंट करेंट करन्ट करेन्ट कारंट करँट करंत करंटे कारेंट karrant
        krnt crnt karnt karrnt karantt curant korent কারেণ্টে current_daud karente karente_ কারেন্টেই करंटवा karantwa""",
    "hit": """
        lagse lagche lagchhe lagsay lagtese lagteche lagtase laigse laigga_gese laga lagaa lag_gaya lag_gya lag_gayi lag_gai lg_gya lag_gao lagi lag_raha lag_rha lagta lagta_hai lagte lagti lg_rha lage_re lagisi lagsil laglo lagal lagche_re lage
        dhorse dhorche dhorchhe dhorechhe dhoreche dhorese dhoira dhore_rakh* dhorlo dhore_felse marse marche marchhe marlo mare_amake marteche martese maraise khaise khaiche khaichhe khaise_re khailam khaisi kheye kheyeche kheyechhe khaya khaia khaitese
        utar utra utara utar_raha utar_aaya utr utar_gaya leak leaking leakage leaks pass passing aa_jata
        লাগছে লেগেছে লাগসে লাগতেছে লাগলো লাগল লাইগছে লাইগা লাগে লেগে ধরছে ধরেছে ধরসে ধইরা ধরলো মারছে মারসে মারে মারতেছে খাইছে খেয়েছে খাইসে খেয়ে খাইলাম খাইছি লিক লিকেজ
        लगा लग_गया लग_गई लग_रहा लग_रही लगता लगती लगी लगते लग_गओ लगो उतर उतरा उतरता उतर_रहा लीक लग_जाता मारा मारता मार_रहा मार_दिया chipka
        got_current got_current_from current_mara lga lgi lg khaiya khaya khaia খাইয়া খাইয়ে খেয়েছিল lgaya mara_diya jhin ঝিন """,
    "surface": """
        gate grill railing wall walls walll deyal diwal dewal deyale diwale dewale deewar diwar deevar dewar tin tiner tine tinshed chal chale roof chad chade tap kol kole koler tubewell tube_well tubewel handpump hand_pump nal nal_ke iron loha lohar lohe body
        fridge freez geyser geysar gijar geezer floor bathroom basin bucket mati matite zameen zamin jamin jameen dorja dorjay door darwaza darwaje darwaze shirir siri sirite stairs soil ground earth cooler kular tullu motor pump cylinder bartan sariya rod
        গেট গেটে গ্রিল গ্রিলে গ্রীল দেয়াল দেয়ালে দেওয়াল দেওয়ালে টিন টিনে টিনের চাল চালে ছাদ ছাদে কল কলে কলের টিউবওয়েল টিউবওয়েলে ফ্রিজ ফ্রিজে গিজার গিজারে মাটি মাটিতে দরজা দরজায় বাথরুমে লোহা লোহার সিঁড়ি সিঁড়িতে মেঝে ফ্লোর বডি বডিতে মোটর মোটরে পাইপ
        गेट दीवार दीवारों दिवार नल हैंडपंप हैण्डपम्प लोहे लोहा जमीन ज़मीन फर्श छत सरिए सरिया बर्तन कीचड़ दरवाजे दरवाजा फ्रिज गीजर कूलर मोटर पंप बाथरूम रेलिंग टंकी ग्रिल पाइप
        dabba dabbe box board bord डिब्बे डब्बे बोर्ड chaddar tasla बर्तनों ম্যাশিন machine मशीन stairs staircase seedhi सीढ़ी सीढ़ियों handle steel dampwall seelan सीलन wet_wall almirah rope dori দড়ি कपड़े kapde kapor কাপড় kolpare kolpar kol_par কলপাড়ে কলপাড় কলতলায় koltola koltolay উঠানের""",
    "touch": """
        touch touches touched touching hat haat haath hath hate hand hands dhorle dhorlei dhorley dhorte chuile chuilei chuiya chule chuite chhule chune chhune chhoone chhuo chute hat_dile hat_dite chhuya choyay feet pa pair
        হাত হাতে ধরলে ধরলেই ধরতে ছুঁলে ছুঁলেই ছুঁইলে ছুইলে ছোঁয়া পা পায়ে हाथ छूने छूते छू छुओ पैर""",
    "present": """
        ase ache achhe ashe asche astese ashtese asteche ashteche ashtase aste_ase coming comes has have flowing flow flows is aa_raha aa_rha aa_rahi aa_ra aarha aata aa_rahaa aaya aa_gaya hai he ho_raha ata_hai dour_raha daud fail faila
        আছে আসে আসতেছে আসছে আসতাছে আসতেসে এসেছে আইতাছে आ_रहा आ_रही आ_रहे आता आ_गया है हे आ_रओ दौड़ फैल फैला
        in aawat aave আইতেছে ateche dourche daud दौड़ दौड़_रहा daud_raha dourai flowing passing""",
    "pole": """
        pole poles poal poll_leaning khuti khuty khutir khutite khutita khutie khunti khuta khutta khoti khutti khutigulo খুঁটি খুঁটির খুঁটিতে খুঁটিটা খুটি খুটির খুটিতে খুটিটা খুঁটির খুডি খুঁডি খুঁটা খাম্বা খাম্বার খাম্বায় খাম্বাটা খাম্বাত খাম্বাটি খামবা খম্বা
        khamba~ khambar khambay khambata khambat khambha khambe khambhe khamb khambo khamba_ta khamba khamva khamma khambon pillar piller pilar pillarta পিলার পিলারে পিলারটা পোল পোলে পোলের পোলটা পুল_ভাঙা
        खंभा खंभे खंभों खम्भा खम्भे खंबा खंबे खम्बा खम्बे पोल पिलर खंबो खम्बो खंभो खांभा tower stay_wire stay tana_tar টানা_তার pol pole_ta""",
    "lean": """
        lean leans leaning leant leaned leening tilt tilted tilting tilts bend bent bending slant slanted slanting crooked shaking shake shakes shaky crack cracked cracks rotten rusted rusting unstable wobbling swaying uprooted about_to_fall fall_any_time
        hele helse heila hela heli helche helchhe helechhe heleche heilla helay helano heile helay_gese kat_hoye kat_hoise kat_hoiya kaat kait kait_hoise doltese dultese dolteche dulteche dole norbore nortese norteche norbor norche jhuke jhuika bake baika beke beka baka bakano
        হেলে হেলা হেইলা হেলছে হেলেছে হেলানো হেলান হেলি হেলিয়া কাত কাইত কাত_হয়ে বাঁকা বাঁকা_হয়ে বেঁকে দুলছে দুলতেছে নড়ে নড়ছে নড়তেছে নড়বড়ে নড়বড় পচে পচা পচে_গেছে ক্ষয় ফেটে
        pocha pochha pochse pochhe poche pochse khoye khosse gora_khoye dhoshe dhose gora_pocha
        jhuk jhuka jhuki jhuke jhukta jhuk_gaya jhukaa tedha tedhi tedhaa teda terha tirchha tircha tirchi tirchho tedho hil hil_raha hilta hilti hilne dol gal_gaya gala_hua gal_gya galgaya sad_gaya sad_gya
        झुक झुका झुकी झुके झुको टेढ़ा टेढ़ी टेढ़े टेड़ा टेढ़ो तिरछा तिरछी तिरछो हिल हिलता हिल_रहा गल गला गल_गया सड़_गया डोल दरार crumbled crumbling rods sariya_bacha ber_hoye_gese bow mud मुड़ मुड़_रहा mur_gaya nortese নড়তেছে jhad झड़ झड़_गया gora_nosto jong zang ख़राब sore_gese সরে_গেছে dhuye_gese ধুয়ে_গেছে standing_only hangs""",
    "water": """
        water waters flood flooded floodwater puddle pond waterlogged pani panit panite panir paani pani_te panitey pukur pukure pukurer jolaboddho jolmogno bonna bonnar bonnay nodi nodite khal khale dobay doba talab nali naali nale nala baadh badh kichad keechad
        পানি পানিতে পানির পানিত পুকুর পুকুরে পুকুরের জলাবদ্ধ জলে বন্যা বন্যার বন্যায় নদী নদীতে খালে ডোবা ডোবায় কাদা
        पानी पानि तालाब नाली नाले नाला बाढ़ कीचड़ गड्ढे पाणी""",
    "drown": """
        submerged sunk drowned under_water underwater dub dube dubse dubche dubay dubche dubsi dub_gese dube_gese dhukse dhukche dhuktese dhuke dhukeche uthse uthche uthtese dhukteche doob doobi dooba doob_gaya doobe dub_gaya dub_gya ghus ghus_gaya ghusa bhar bhar_gaya bhara bhore geche entered entering inside rising reached
        ডুবে ডুবছে ডুবে_গেছে ঢুকছে ঢুকেছে ঢুকতেছে ঢুকে উঠছে উঠেছে উঠতেছে উঠে ভিজে ভিজছে डूब डूबा डूबी डूब_गया डूबे घुस घुस_गया घुसा भर भर_गया भीग टपक tapak chuiye choya portese porse পড়তেছে পড়ে dripping soaking geela गीला tapak टपक टपक_रहा wet vije vijese bhija ভেজা tak_aa tak_aaya tak_aya tak_pahunch तक_आ तक_पहुंच porjonto_uth porjonto_chole পর্যন্ত_উঠ পর্যন্ত_চলে পর্যন্ত_আস""",
    "tree": """
        tree trees branch branches brunch bough gach gachh gacher gachta gachti gach_ta gacher_dal dal daal dala dali dalta ped pedh per_ki_dali perh paid tahni tehni tahani bamboo bansh bash banshjhar kite ghuri ghurir patang crane ladder
        গাছ গাছের গাছটা গাছে গাছডা ডাল ডালটা ডালপালা বাঁশ বাঁশের বাঁশঝাড় ঘুড়ি ঘুড়ির मই पेड़ पेड़ों डाल डाली डालियां टहनी बांस पतंग नीम पेड amgach kathal_gach coconut narikel""",
    "gear": """
        transformer~ transformers transformar~ transfarmer transfarmar~ transformer* transfomer transphormer tranformer trnsfrmr transfrmr trasformer transfromer transmitter transmitar transmeter transmitare trans_mitar tansfarmar tranfarmar transfrmer
        ট্রান্সফরমার~ ট্রান্সফর্মার~ ট্রান্সফরমারে ট্রান্সফর্মারে ট্রান্সমিটার ট্রান্সমিটারে ট্রান্সমিটর ট্রান্সফারমার টান্সফরমার ট্রান্সফমার ট্রান্সফরমারের ट्रांसफार्मर~ ट्रांसफॉर्मर ट्रान्सफार्मर ट्रांसफरमर ट्रांसफर्मर ट्रांसफारमर ट्रांस्फार्मर टांसफार्मर
        dp dipi d_p ডিপি डीपी डी_पी meter mitar metar mitare metter meeter mittar metre miter মিটার মিটারে মিটারের মিটারটা मीटर मिटर mcb board bord borad বোর্ড বোর্ডে বোর্ডের बोर्ड switch switchboard switchbord suis swich suich switch_board সুইচ সুইচে সুইচবোর্ড সুইচবোর্ডে स्विच socket plug sokt সকেট সকেটে প্লাগ सॉकेट
        box বক্স বক্সে बॉक्स डब्बे substation sub_station feeder insulator electric electrical elektrik ইলেকট্রিক ইলেক্ট্রিক इलेक्ट्रिक बिजली bijli biddut biddutik বিদ্যুৎ বিদ্যুতের বৈদ্যুতিক bidyut current karent কারেন্ট কারেন্টের करंट
        circuit circut sarkit sarcuit সার্কিট सर्किट wiring ওয়্যারিং ওয়ারিং वायरिंग ac fridge geyser fan holder panel ups ips main_line মেইন মেইন_সুইচ service_line ডিশ tv cooler motor heater iron এসি এসির ফ্যান ফ্রিজ লিফট एसी फ्रिज पंखे पंखा कूलर मोटर lift inverter kutout cutout fuse কাটআউট
        সাবস্টেশন সাবস্টেশনে সাব_স্টেশন सबस्टेशन ডিপিতে ফিডারে socket multiplug মাল্টিপ্লাগ extension এক্সটেনশন एक्सटेंशन sokt panel পেনাল पैनल joint junction insulator tel oil তেল तेल switchgear""",
    "box": """
        dp dipi ডিপি डीपी mcb board bord বোর্ড বোর্ডে बोर्ड switch switchboard সুইচ সুইচবোর্ড सॉकेट socket plug সকেট box বক্স বক্সে panel substation transformer ট্রান্সফরমার ट्रांसफार्मर main_switch panel पैनल basement socket সকেট""",
    "open": """
        open opened naked bare exposed uncovered khola khola_tar khula khuli khule khulla nanga nangi nange nongta nengta lengta kata missing cover chamra_chara
        খোলা খোলামেলা নেংটা ন্যাংটা লেংটা কাটা ঢাকনা ঢাকনি খুলা खुला खुली खुले नंगा नंगी नंगे कटा कटी कटे कवर dhakna dhokna dhakkan kat_gayi kat_gaya joint_open peeled peel utar_gaya उतर_गया rabad रबड़ chamra choto no_door dorja_nai দরজা_নাই darwaza_nahi दरवाजा_नहीं copper tama তামা wires_are_out dhakka_nai haath_dalte हाथ_डालते poking""",
    "victim": """
        died dead dies die dying killed death unconscious injured stuck behush behosh behos fainted morse more_gese more_geche more_gelo moira_gese moira moirse mara_gese mara_geche mara_gelo mara_giyeche mrito marse
        মারা_গেছে মারা_গেল মারা_গেছেন মারা মরছে মরে_গেছে মইরা মরা মৃত অজ্ঞান বেহুশ আহত mar_gaya mar_gayi mar_gai mar_gya mar_gyi mara mari marr_gaya mar_gao मर मर_गया मर_गई मरी मरा घायल बेहोश
        chipak chipka chipki chipke chipak_gaya chipk_gaya चिपक चिपका चिपकी चिपके atka atkaya atke atkay atka_pore aatkaya aatke আটকা আটকে আটকায়ে আটকাইয়া আটকায় jhulas jhulsa झुलस झुलसा
              ahoto ambulance ambulens এম্বুলেন্স एम्बुलेंस accident pure_gese pure_geche jal_gaya jal_gayi stuck lying_there not_moving hil_nahi हिल_नहीं chhut_nahi chute_part* ছুটতে_পার* kaptese কাঁপতেছে kapche laiga_ase লেগে_আছে laga_ase fell_off jhulas pakad_raha पकड़_रहा shocks_cattle""",
    "ground": """
        road roads street rasta rastay rastai rastar rasta_te raste roade sadak footpath ground lane zameen zamin jameen mati matite khet khete jomi jomite uthan uthane gali chad chhat pothe path field
        রাস্তা রাস্তায় রাস্তার রাস্তাত মাটিতে মাটি জমিতে খেতে উঠানে ছাদে রোডে সড়কে सड़क रोड जमीन ज़मीन खेत रास्ते गली छत रस्ते""",
    "crash": """
        truck trak bus tractor hit hits rammed dhakka dhakkay dhakka_dise takkar tod_diya ট্রাক ট্রাকে ধাক্কা ধাক্কায় টক্কর टक्कर ट्रक ट्रैक्टर crane ক্রেন क्रेन jcb ladder moi মই bus বাস trolly trolley ulajh उलझ""",
    "power": """
        electricity bijli bijlee bijali bijuli बिजली बिजुली bidyut biddut bidut bidduter biddute bidyute bidyuter bidyuter বিদ্যুৎ বিদ্যুতে বিদ্যুতের বিদুৎ বিদ্যুত""",
    "low": """
        niche nichu nichay neeche neechay nicha neche neecha nichher nichey নিচে নিচু নীচে নিচা নীচু নিচায় নিচ नीचे नीचा निचे low lowhanging loose dhila dhili ढीला ढीली ঢিলা chhu chhuta choi choy chuye chhuye chhuy chuiya chhuiya chuilei ছুঁই ছুঁয়ে ছুঁইছে ছুইছে ছুঁয় ছু छू छूता छूती छुए छू_रहा छू_रहे छुआ छुने chhoo chhune chhoone chhuo touching touches touch touched lege lage lagse laigga lagche lagteche lagano sat_gaya sata sate सट सटा छत_पर lagtese লেগে লাগছে লাইগা লাগে লাগতেছে hitting rubbing""",
    "burning": """
        jolche jolchhe jolse jolteche joltese joltase জ্বলছে জ্বলতেছে জলতেছে জলছে জ্বলে_উঠ* jal_raha jal_rahi jal_rahe jal_rha jal_rhi jal_rhe jl_rhi jl_rha jal_ra jalne jalta जल_रहा जल_रही जल_रहे जल_रह जलने जल_उठा""",
    "enclosure": """
        dp dipi ডিপি ডিপির डीपी transformer ট্রান্সফরমার ट्रांसफार्मर substation switch_box main_box dp_box pole_box feeder_box ফিডার_বক্স ফিডার_বক্সের junction_box rastar_box sadak_wale_dabbe सड़क_वाले_डिब्बे box_by_the_road jali जाली roadside_box feeder_pillar ফিডার_পিলার khula_box खुला_बॉक्स box_by""",
    "accident": """
        accident durghotona দুর্ঘটনা हादसा durghatna दुर्घटना hadsa""",
    "alarm": """
        danger hazard hazardous bipod bipod_jonok bipodjonok bipad emergency বিপদ বিপজ্জনক ঝুঁকি ঝুঁকিপূর্ণ ঝুকিপূর্ণ jhuki jhukipurno khatra khatre khatarnak खतरा खतरे खतरनाक jaan_ja_sakti जान_जा jaan manush_morbe মানুষ_মরবে বিপদজনক bipodjonok খতরনাক shesh শেষ morbo মরবো""",
    "short": """
        short_circuit shot_circuit short_sarkit short_circut শর্ট_সার্কিট শর্টসার্কিট शॉर्ट_सर्किट शार्ट_सर्किट sort_sarkit sort_circuit short_cirkit শট_সার্কিট""",
    "neg": """
        no not nai nei nahi nahin nhi ni nay na gone off bondho band bnd gese geche gesega gesegoi গেছে গেছেগা গেছেগই chole_gese chole_geche chole_gelo chole_jay chole_gache gelo jay lost without নাই নেই না নয় বন্ধ চলে_গেছে চলে_গেল চলে_যায় চলে_গেছিল যায় নি নাইকা नहीं नही नहि ना मत बंद गुल गई kam less weak কম कम""",
    "indicator": """
        light lights batti bati bulb led lal red green signal lamp lait লাইট বাতি লাল সবুজ बत्ती लाल लाइट बल्ब हरी""",
    "theft": """
        hook hooking huk hukking katiya कटिया आंकड़ा ankda akda aankda chor chori chori_se churi chura churay theft steal stealing stolen bypass illegal illegally অবৈধ চুরি চোর হুক হুকিং चोरी चोर चुरा chorii bina_meter hooks hooked tapped tapping bypassed bypassing bina_mitar bina_miter without_meter without_a_meter without_any_meter taar_daal_ke taar_dal_ke तार_डाल_के taar_daal_kar तार_डाल_कर meter_er_age miter_er_age মিটারের_আগে meter_ke_pehle meter_ke_pahle mitar_ke_pehle मीटर_के_पहले before_the_meter before_meter বিনা_মিটারে মিটার_ছাড়া mitar_chara miter_chara meter_chara चोरीछिपे बिना_मीटर oboidho obaidho obodho abaidh अवैध চোরাই chorai churir churia line_tane line_tanse line_tene লাইন_টানে লাইন_টানছে লাইন_টেনে tar_tene তার_টেনে taar_fek taar_phek तार_फेंक katia kantiya kanta_dal chhedchhad""",
    "leak": "leak leaking leakage utar utra utar_raha lik লিক লিকেজ लीक उतर उतरा उतर_रहा wet geela गीला ভেজা",
    "stuck": "stuck chipak chipka chipki chipke चिपक चिपका चिपकी चिपके atka atkaya atkayse atkaise atkay aatkaya atke আটকা আটকে আটকায়া আটকাইছে আটকায়ে আটকাইয়া lotka লটকা ulajh ulajha उलझ उलझा laiga_ase লেগে_আছে",
    "wet": "soaking soaked drenched geela geeli गीला गीली bhija vija ভেজা ভিজা bheega भीगा",
    "counter": "meter mitar metar miter mitter metre মিটার মিটারটা মিটারে মিটারের मीटर मिटर",
    "sunk": "submerged sunk drowned under_water underwater reached dub dube dubse dubche dubay dub_gese dube_gese doob doobi dooba doobe ডুবে ডুবছে ডুবা ডুবতেছে ডুবায় डूब डूबा डूबी डूबे tak_aa tak_aaya tak_aya tak_pahunch तक_आ तक_पहुंच porjonto_uth পর্যন্ত_উঠ পর্যন্ত_আস",
    "plea": "bachan bachao bacao bachaw bachaiye bachaben bachaw save_us save_me help_us help_me_please বাঁচান বাঁচাও বাচান বাচাও बचाओ बचाइए बचाइये",
    "person": """
        i me my man boy girl child children brother sister son daughter mother father wife husband people someone somebody anyone everyone worker labour lineman mistri cow goat buffalo dog cat
        ami amar amake amare amra chele meye baccha bacha bachcha bhai vai bon ma baba manush lok ekjon keu mistri lineman goru chagol kukur mohish polapan jon pola
        আমি আমার আমাকে আমারে ছেলে মেয়ে বাচ্চা ভাই বোন মা বাবা মানুষ একজন লোক গরু ছাগল কুকুর মিস্ত্রি লাইনম্যান পোলাপান
        mujhe mera meri bachcha bachche bacche bachha bhai behen aadmi admi ladka ladki mummy papa chacha kaka gaay gay bhains bakri kutta log sabko kisi mistri bhaiya beta beti maa
        मुझे मेरा मेरे मेरी बच्चा बच्चे बच्ची भाई बहन आदमी लड़का लड़की मम्मी पापा गाय भैंस बकरी कुत्ता लोग सबको बेटे बेटी मां मवेशी जानवर""",
}

# Around these words a meaning is cancelled: (meanings, words). Phrases come first.
NOT_FIRE = """fire_ngo bazare_agun বাজারে_আগুন bazaar_me_aag bazar_me_aag daam_me_aag दाम_में_आग দামে_আগুন agun_lagaye_dise gaan_ta_agun dil_me_aag दिल_में_आग mone_agun মনে_আগুন মাথায়_আগুন matha_agun on_fire_recipe fire_service fire_brigade fire_station fire_extinguisher fire_alarm free_fire fire_stick fire_tv fire_drill fire_department fire_safety fireman fire_sarvis fire_insurance fire_exit cease_fire campfire firefox fire_emoji light_the_fire on_fire_today fire_boltt fireboltt fire_bolt agun_dam aag_laga_di
    ফায়ার_সার্ভিস ফায়ার_সার্ভিসের ফায়ার_ব্রিগেড ফায়ার_স্টেশন ফ্রি_ফায়ার আগুন_দাম আগুনের_মতো_দাম फायर_ब्रिगेड फायर_स्टेशन फायर_सर्विस फ्री_फायर जल_रहे_हो jal_rahe_ho
    jal_rahe_hain_mujhse agun_dhore_na agun_jole_na আগুন_ধরে_না আগুন_জ্বলে_না fire_is_low gas_fire aag_kam आग_कम mehngai_ki_aag mahngai_ki_aag महंगाई_की_आग
    fire_nai fire_ashe fire_ase fire_asbe fire_ashbe fire_asche fire_pai fire_pabo fire_gese fire_elo fire_aise fire_den fire_dibe fire_dekhi ফিরে ফিরা আগে আগেই আগের fire_sale gorome_puira gorome_pure গরমে_পুড়ে গরমে_পুইড়া garmi_se_jal गर्मी_से_जल agun_lagse_bazare aag_lage_is aag_lage_tum aag_lage_in आग_लगे_इस आग_लगे_तुम आग_लगे_इन fire_your fire_him fire_her fire_them fire_those fire_that fire_these moner_agun মনের_আগুন peter_agun পেটের_আগুন pet_ki_aag पेट_की_आग"""
NOT_SHOCK = "shok_shongbad shok_shonbad shok_songbad shok_sangbad shok_sonbad শোক_সংবাদ শোক_বার্তা shok_prokash shokahoto shock_service shocking_service shocking_behaviour shocking_behavior shocking_amount shock_proof shockproof shock_wave शोक_संदेश शोक_समाचार"
NOT_SMOKE = "smoke_free smoke_detector smoke_detectors smoke_alarm no_smoke no_smoking smoke_screen dhua_nai dhoa_nai ধোঁয়া_নাই धुआं_नहीं smoke_cigarette"
NOT_SPARK = "spark_of spark_notes no_spark spark_nai spark_nahi spark_between spark_in_her spark_in_his chingari_app chingari_koi চিঙ্গারি চিঙ্গারি_অ্যাপ স্পার্ক_নাই স্পার্ক_নেই स्पार्क_नहीं स्पार्क_प्लग चिंगारी_ऐप चिंगारी_कोई spark_hai_us स्पार्क_था spark_plugs টেকনো_স্পার্ক spark_plug sparkle sparkling spark_car chevrolet_spark tecno_spark spark_joy spark_ar স্পার্ক_প্লাগ टेक्नो_स्पार्क apache_spark spark_class tecno"
NOT_POLE = "ढोल_की_पोल पोल_खुल leaning_tower polling_agent এক্সিট_পোল एग्जिट_पोल পোলিং tower_of_pisa pole_dance pole_vault north_pole south_pole flag_pole polling exit_poll opinion_poll tent_pole polo pole_position tadpole tel_khuti nol_khuti"
NOT_WIRE = """ tar_ekta tar_ekti tar_chele tar_meye tar_bari tar_basha tar_meter tar_miter tar_bill tar_account tar_bou tar_bhai tar_vai tar_dokan tar_kase tar_songe tar_shonge তার_একটা তার_একটি তার_ছেলে তার_মেয়ে তার_বাড়ি তার_বাসা তার_মিটার তার_বিল তার_একাউন্ট তার_বউ তার_ভাই তার_দোকান তার_সঙ্গে তার_সাথেও डिश डिस केबल_टीवी टीवी_का dish_ka dish_er dis_line telephone landline टेलीफोन টেলিফোন telefon_er tar_sathe tar_shathe tar_kache tar_jonno tar_kotha তার_সাথে তার_জন্য তার_কাছে তার_কথা তার_নাম তার_বাবা হেডফোনের ওয়াইফাইয়ের ডিশের ডিশ dish ডিশের_লাইন net নেট नेट नगर_निगम nagar_nigam wasa ওয়াসা band_tickets zameen_par जमीन_पर_फिल्म chokhe চোখে
    charger charging_cable data_cable usb headphone earphone mouse guitar sitar wifi wi_fi internet broadband dish_line hdmi ethernet fiber fibre optical router চার্জার হেডফোন ওয়াইফাই ইন্টারনেট ব্রডব্যান্ড চার্জারের चार्जर हेडफोन वाईफाई इंटरनेट ब्रॉडबैंड
    keyboard laptop cable_tv cable_operator wire_transfer gitar গিটার গিটারের गिटार"""
# What people are shocked by, sing, watch, buy: not danger unless electricity, touch or a body stand beside it.
FIGURE = """
    bill bills billing bil bills_dekhe price dam rate prices score match result results news movie film song gaan gana gan natok cinema drama game serial book novel lyrics status caption joke meme exam admission marks salary beton
    বিল বিলের বিলটা দাম দামে রেট ফলাফল রেজাল্ট খবর সিনেমা গান গানের নাটক ছবি ম্যাচ খেলা বেতন মার্কশিট बिल रेट दाम कीमत रिजल्ट मैच खबर फिल्म गाना गाने मूवी सीरियल खेल गेम amount taka rupees paisa shunlam sunkar dekhkar shock_absorber absorber culture_shock therapy aftershock
    between_us games gaana gaanta গানটা সিনেমার নাটকের সিনেমায় cinemar natoker
    therapy breakup ब्रेकअप सुनके accident_on_tv marriage eyes player love prem pyar ishq dil mon heart মন প্রেম ভালোবাসা दिल प्यार इश्क stylish smart look dress"""
# General questions: asked beforehand, nothing has happened.
# What people are shocked by with their ears and eyes.
HEARSAY = "dekhe shune sunke sunkar dekhke dekh_ke hearing seeing heard দেখে শুনে देखकर सुनकर देख_के सुनके"
# Asked for afterwards or as a rule: nobody is in danger now.
AFTERWARDS = """
    compensation khotipuron khotipuran ksotipuron ক্ষতিপূরণ muawja muavja muaawza मुआवजा मुआवज़ा হুকুম rule rules officially official niyom নিয়ম नियम time_limit"""
ASKING = """
       dangerous_for in_general is_electricity what_if is_it_dangerous is_it_safe is_it_ok dangerous_to safe_to safety does_it why_does why_do what_causes meaning_of first_aid protect prevent avoid rules precaution precautions tips savings
    ki_hoy ki_hobe কি_হয় kya_hota kya_hoga क्या_होता क्या_होगा kemne_bach* keno_hoy keno_kore hole_ki_korbo lagle_ki_korbo porle_ki_korbo dekhle_ki_korbo thakle_ki_korbo laglei_ki niyom prathomik prothomik sabdhan sotorkota bachar bachte
          লাগলে_কি_করব লাগলে_কী_করব লাগলে_কি পড়লে_কি পড়লে_কী পড়লে_কাকে হলে_কি_করব হলে_কী_করব হলে_কী_করণীয় কেন_হয় কেন_করে নিয়ম প্রাথমিক সতর্কতা বাঁচার বাঁচতে নিরাপদ বিপজ্জনক_কিনা বিপজ্জনক_কি
          bachav bachne bachaw upchar suraksha savdhani khatarnak_hai_kya khatra_hai_kya safe_hai_kya kyu_hota kyon_hota kyo_hota niyam
         बचाव बचने बचें उपचार सुरक्षा सावधानी सुरक्षित खतरनाक_है_क्या खतरा_है_क्या क्यों_होता क्यों_लगता नियम """
# What to do: asked beforehand only together with an "if"; people in danger ask it too.
WHAT_TO_DO = """
    ki_korte_hoy ki_korte_hoi ki_kora_lage কি_করতে_হয় কী_করতে_হয় কি_করা_লাগে how_to how_do how_can what_should what_to_do can_i can_we ki_kora_uchit ki_korte_hobe ki_koronio koronio kivabe kibhabe কিভাবে কীভাবে করণীয় কি_করা_উচিত কী_করা_উচিত কি_করতে_হবে kaise kese kya_kare kya_karen kya_karna kya_karna_chahiye कैसे क्या_करें क्या_करे क्या_करना क्या_करना_चाहिए upay upai উপায় उपाय tarika तरीका
"""
IF = """
    dhorle lagley khele ধরলে খেলে if when suppose jodi jdi যদি agar अगर yadi यदि lagle porle hole dekhle chirle giray gelei jaye_to jaye लागले লাগলে পড়লে ছিঁড়লে হলে দেখলে ধরলে girne_par lagne_par hone_par tootne_par लगने_पर गिरने_पर होने_पर टूटने_पर जाए_तो जाये_तो jaaye_to lag_jaye gir_jaye"""
