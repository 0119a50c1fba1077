"""Short Swedish answers and how they are meant: yes, no, skip, "I meant", a question, a time.

Everything is compared without case, diacritics and punctuation, as people write on a phone.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_YES_SIGNS: Final = re.compile(r"[👍👌✅]+[👍👌✅🙏\U0001F3FB-\U0001F3FF\uFE0F ]*")
_NEIGHBOURS: Final = str.maketrans("øæ", "öä")
_PUNCTUATION: Final = re.compile(r"[^\w\s+<>-]+")

_YES: Final = re.compile(
    r"(?:eh |mm |hm |ah |asso |alltsa |wallah |walla |nej men )*"
    r"(?:ja+|jo+|jepp?|japp|jajaman|javisst|jadå|jada|joda|ajjemen|jojo\w*|a+|aa|yess?|yepp?|sure|"
    r"fine|ok|okej|okay|naturligtvis|givetvis|toppen|lugnt|uppfattat|inga problem|med gladje|"
    r"har inget emot det|det passar (?:mig|bra|utmarkt)|det tycker jag|det ar (?:helt )?okej|"
    r"okidoki|mm|mhm|visst|absolut|sjalvklart|garna|definitivt|precis|korrekt|exakt|kor|"
    r"skicka|helt ratt|det stammer|stammer|det ar ratt|ser ratt ut|det ser (?:bra|ratt) ut|"
    r"lat(?:er)? bra|det gar bra|gor (?:sa|det)|sa ar det|det far du|jag (?:godkanner|samtycker)|"
    r"ni har mitt medgivande)"
    r"(?: .*)?"
    # "Det tror jag, ja": the yes may also come last.
    r"|(?:\w+ ){1,4}ja"
)
_NO: Final = re.compile(
    r"(?:eh |mm |hm |asso |alltsa |ja )*"
    r"(?:nej+|na+|nae|nope|nix|nepp?|nah|no|nja|njae|icke|aldrig|inte|helst inte|hellre inte|"
    r"knappast|ej|vill inte|det vill jag inte|skicka inte|gor inte det|jag avstar|"
    r"jag tackar nej|det samtycker jag inte till)"
    r"(?: .*)?"
)
_DOUBT: Final = re.compile(
    r"\b(?:inte|ej|nej|fast|men|fel|andra|ratta|vet|kanske|aldrig|aning|angrar|forresten|"
    r"borjar? om|om igen|kor om|kor igen|fran borjan|fran start|skicka inget|hoppa|skippa)\b"
)
_SKIP: Final = re.compile(
    # Only from the caller's own mouth: "han vet inte" is an account.
    r"(?:(?:eh|hm+|aa|asso|alltsa|nej|nja|tyvarr|jag|det|den|dar|fragan|faktiskt|kan|vi|ska|ta|om|"
    r"tror|ar|som|ok|okej|snalla|oj|valdigt) )*"
    r"(?:hoppa(?: over)?|skippa|skip|pass|nasta|vet(?: jag)?(?: faktiskt)? (?:inte|ej|icke)|"
    r"inte veta|vetefan|minns jag inte|(?:ingen|inte nagon) aning|idk|oklart|osaker|inte saker|"
    r"svart att (?:saga|svara)|vill (?:inte|ej) (?:saga|svara|beratta|uppge|ga in)|"
    r"(?:svarar|tanker|vagar) jag inte|inget svar|ingen kommentar|kvittar|spelar ingen roll|"
    r"strunt samma|(?:minns|kommer) (?:inte|ej)|har glomt|glomt|har (?:jag )?(?:faktiskt )?"
    r"(?:ingen|inte) koll|slippa|lamna blankt|avstar|for privat|tomt|valfritt)\b.*"
)
_SKIPS_ANYWHERE: Final = re.compile(
    r"\b(?:privat|privatsak|hemligt|irrelevant|(?:inte|ej) relevant|blank|ingen susning|"
    r"(?:noll|ingen) koll(?: alls)?|inte en aning|vete (?:katten|sjutton|fan|faglarna)|"
    r"inte vet jag|(?:jag|den|vi) (?:passar|star over)|"
    r"(?:kan|gar) (?:inte|ej) (?:att )?(?:svara|saga)|"
    r"kan jag inte (?:saga|svara)|(?:det )?sager jag inte|sager (?:inget|inte) (?:om )?det|"
    r"(?:ni behover|behover ni) inte veta|inte med att gora|(?:ta|tar vi|fraga) (?:nasta|annat)|"
    r"annan fraga|(?:tar|ta) (?:det|den) (?:sen|senare)|"
    r"(?:hoppar|skippar) (?:vi )?(?:over )?(?:den|det)|"
    r"(?:den|det) (?:skippar|hoppar) (?:vi|jag)|hoppa? over|far man lata bli|"
    r"maste (?:jag|man) (?:svara|saga)|sta tomt?|lamna (?:den |det )?(?:blank|tomt?|oppen)|"
    r"(?:halla det|det haller jag) for mig sjalv|vill (?:inte|helst inte) (?:svara|ga in pa)|"
    r"vet (?:ju |faktiskt )?(?:inte|ej|itne) det|minns jag (?:faktiskt )?inte)\b"
)
_CORRECTION: Final = re.compile(
    r"\b(?:menade|menar|mena|skrev fel|sa fel|sager fel|fel av mig|det blev fel|tog fel|ratta|"
    r"rattelse|rattar|andra|korrigera|byt till|ska sta|ska det sta|ska vara|ska det vara|"
    r"i stallet for|istallet for|snarare|egentligen|forlat|missforsto[dg]?)\b"
    r"|^(?:nej|na|nae|fel|inte)\b.*\b(?:ar|utan|fyller|bor)\b"
    r"|\binte \S+(?: ar)? utan\b"
)
_ASKS: Final = re.compile(
    r"(?:men |och |eh |hej |forlat |ursakta |okej |ok |(?:jag )?undrar )*"
    # "När öppnar ni" asks; "när han kom hem" tells.
    r"(?:(?:vad|hur|var|vart|vem|vilka|vilken|vilket|nar|varfor)"
    r"(?! (?:han|hon|hen|de|dom|den|det|jag|vi|man|min|mitt|mina|hans|hennes|hens|deras|sen|"
    r"mycket)\b)|"
    r"(?:kan|far|maste|ska|behover|bor) (?:jag|man|du|ni|vi|det|nagon)|"
    r"(?:ar|finns|sparar?|sparas|har|vet|blir) (?:du|ni|det|jag|nagon|mina|den)|finns)\b"
)
_TIME: Final = re.compile(
    r"\b(?:i (?:dag|gar|forrgar|morse|natt|kvall|helgen|veckan|somras|hostas|vintras|varas|"
    r"(?:man|tis|ons|tors|fre|lor|son)dags)|idag|igar|(?:forra|den har) (?:veckan|manaden|aret|"
    r"helgen|hosten|vintern|varen|sommaren|terminen|mandagen|tisdagen|onsdagen|torsdagen|fredagen|"
    r"lordagen|sondagen)|for (?:\w+ ){1,2}?(?:dag|dagar|vecka|veckor|manad|manader|ar|timmar|"
    r"timme) se(?:da)?n|se(?:da)?n (?:i )?(?:januari|februari|mars|april|maj|juni|juli|augusti|"
    r"september|oktober|november|december|sommaren|hosten|julen|paskas|nyar|varas|hostas|somras)|"
    r"den \w+ (?:januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|"
    r"december))\b"
)

_CLOCK: Final = re.compile(
    r"\b(?:kl|klockan|vid|runt|sedan|sen|igar|idag|nyss|ofta|alltid|varje|januari|februari|mars|april|"
    r"maj|juni|juli|augusti|september|oktober|november|december|(?:man|tis|ons|tors|fre|lor|son)dag)"
    r"|\b(?:19|20)\d\d\b"
)
_DATE: Final = re.compile(r"\b\d{1,2}[./:]\d{1,2}\b")

MOST_WORDS_OF_A_COMMAND: Final = 7
MOST_WORDS_OF_A_QUESTION: Final = 20


def fold(text: str) -> str:
    """Lower case, no diacritics, no punctuation, single spaces."""
    parts = unicodedata.normalize("NFKD", text.lower().translate(_NEIGHBOURS))
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    return " ".join(_PUNCTUATION.sub(" ", plain).split())


def word_count(text: str) -> int:
    """How many words a text has."""
    return len(text.split())


def is_yes(text: str) -> bool:
    """A yes that can be acted on: short, and nothing in it that takes it back."""
    said = fold(text)
    short = 0 < word_count(said) <= MOST_WORDS_OF_A_COMMAND
    yes = short and _YES.fullmatch(said) and not _DOUBT.search(said)
    return bool(yes or _YES_SIGNS.fullmatch(text.strip()))


def is_no(text: str) -> bool:
    """A no."""
    said = fold(text)
    short = 0 < word_count(said) <= MOST_WORDS_OF_A_COMMAND
    return text.strip() == "👎" or bool(short and _NO.fullmatch(said))


def is_skip(text: str) -> bool:
    """The caller does not want to, or can't, answer the question."""
    said = fold(text)
    short = word_count(said) <= MOST_WORDS_OF_A_COMMAND
    return short and bool(_SKIP.match(said) or _SKIPS_ANYWHERE.search(said))


def is_correction(text: str) -> bool:
    """The caller takes back something said before."""
    return bool(_CORRECTION.search(fold(text)))


def is_question(text: str) -> bool:
    """A real question, not an account that ends in one."""
    said = fold(text)
    if word_count(said) > MOST_WORDS_OF_A_QUESTION:
        return False
    return text.rstrip().endswith("?") or bool(_ASKS.match(said))


def is_time(text: str) -> bool:
    """Whether a text says a time of the day, a date or how long ago it was."""
    says_when = _CLOCK.search(fold(text)) or _DATE.search(text)
    return says_when is not None or read_time(text) is not None


def read_time(text: str) -> str | None:
    """When something happened, as the caller puts it: the first such words, with their spelling."""
    words = [(match.group(), match.start()) for match in re.finditer(r"\S+", text)]
    # Folding keeps the number of words only where each has a letter or digit in it.
    kept = [(word, start) for word, start in words if fold(word)]
    said = " ".join(fold(word) for word, _ in kept)
    found = _TIME.search(said)
    if found is None:
        return None
    first = said[: found.start()].count(" ")
    last = first + found.group().count(" ")
    if last >= len(kept):
        return None
    word, start = kept[last]
    return text[kept[first][1] : start + len(word)].strip(" .,!?;:")
