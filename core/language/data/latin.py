"""Small words that give away a language written in Latin letters."""

from __future__ import annotations

LATIN_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(
        """
            the a an is are was were am be been i you he she it we they my your our his her their this that these
            those of to in on at for from with and or but not no yes please what when where which who why how can
            could will would should do does did have has had get got there here any some all since still again
            after before me us them if then because very too much many want need help give send tell show check
            hello thanks thank ok okay hi bye good sorry
        """.split()
    ),
    "bn-Latn": frozenset(
        """
            ami amar amake amra amader apni apnar apnara apnader tumi tumar tomar se tar tara eta ota ei oi ki
            kobe kokhon kothay keno kemne kivabe kibhabe koto kon kar nai nei na ache ase asi asen nache hobe hoy
            hoise hoyeche hocche hosse hoitese korbo korte koren korben kore korsi korechi korse den diben dise
            diyeche lagbe lagse lagche chai parbo parben jabe gese geche gelo ashbe asbe ashche bolen bolun janan
            janaben ekhon ekta ekti duita akta bhai vai apu dada bari basha bashay ghore elaka elakay masher mashe
            mash theke diye kono abar aro khub onek biddut bidyut karent hisab taka tk thik oi eta kal ajke aj
            sokal bikal rat raat gato goto porse hoy nah ji naki ar r te er e
            pai pabo pari paini dibo dite diben nibo nite niben jabo dekhan dekhen dekhte jante hoilo holo sathe shathe niye niya
            pore porer jonno lagtese lagteche dhore keu kichu kisu onno notun purono valo bhalo kharap thak dorkar ektu taratari
            sokale raite achi asi ekhane okhane jay jai noy hoyni hoynai kore koira tahole vaia bhaiya apu kothai kun kunta janao koy tomake faltu nosto banaise gaan
        """.split()
    ),
    "hi-Latn": frozenset(
        """
            main mai mera meri mere mujhe mujhko hum hamara hamare hamari hame aap aapka aapke aapki tum tumhara
            wo woh yeh ye ka ke ki ko se me mein par pe hai hain h he tha thi the hoga hogi ho hua hui hue raha
            rahi rahe rha rhi nahi nahin nhi kya kyu kyun kyon kab kahan kaha kaise kese kitna kitni kitne kaun
            kaunsa kar karo kare karna karne karke kiya karwana chahiye chahie batao bataiye btao bata de do
            dijiye dena diya gaya gayi gyi gya aaya aayi aa jaye bijli bijlee ghar bhai bhaiya sahab ji haan han
            aur ya bhi to toh abhi kal aaj subah shaam raat mahine wala wale wali sab kuch koi mat bas theek thik
            paisa paise rupaye rupye kaat kat lag laga
            hu hun ho apna apni apne kijiye kariye karwa karvana karwao lagwana lagwa chalu band kam zyada jyada bahut bhot bohot
            itna itni itne jab tab wapas wapis dikhao dikha bhejo bhej milega milegi mila pata jata jati aata aati aaye sahi galat naya
            nayi purana liye saath sath baad pehle pahle chal raha wahi yahi yaha waha kholo dobara kahi kabhi jaldi bharna bharu dalu daalna
        """.split()
    ),
}
