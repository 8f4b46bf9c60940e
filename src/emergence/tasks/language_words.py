"""Words of the probes of language models, all frequent in the King James Bible and plain English besides.

The probes must be within reach of a model of a million parameters that has read nothing but that book, and mean
something to a model that has read much more; so their words, names and facts are those of the book.
"""

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

NOUNS = (
    ("king", "kings"),
    ("son", "sons"),
    ("man", "men"),
    ("priest", "priests"),
    ("servant", "servants"),
    ("city", "cities"),
    ("prophet", "prophets"),
    ("child", "children"),
    ("woman", "women"),
    ("word", "words"),
    ("house", "houses"),
    ("nation", "nations"),
)
"""Singular and plural."""

IRREGULAR = (
    ("man", "men"),
    ("city", "cities"),
    ("woman", "women"),
    ("brother", "brethren"),
    ("enemy", "enemies"),
    ("foot", "feet"),
    ("wife", "wives"),
    ("country", "countries"),
    ("family", "families"),
    ("body", "bodies"),
    ("mercy", "mercies"),
    ("iniquity", "iniquities"),
)
"""Singular and plural, neither of which begins with the other: the shorter would be more likely everywhere."""

SEXES = (
    ("man", "woman"),
    ("king", "queen"),
    ("son", "daughter"),
    ("father", "mother"),
    ("brother", "sister"),
    ("husband", "wife"),
)

OPENINGS = (
    "And he saw",
    "And they took",
    "And he spake of",
    "For I know",
    "And the LORD sent",
    "Then came",
    "And Moses gave them",
    "Behold",
    "And they heard",
    "I have seen",
    "He shall judge",
    "They spake against",
)

PERSONS = (
    ("For", "art", "is"),
    ("If", "hast", "hath"),
    ("Then", "shalt", "shall"),
    ("When", "dost", "doth"),
    ("But", "wilt", "will"),
    ("What", "sayest", "saith"),
)
"""An opening, and the verb after ``thou`` and after ``he``."""

OPPOSITES = (
    ("good", "evil"),
    ("day", "night"),
    ("small", "great"),
    ("rich", "poor"),
    ("heaven", "earth"),
    ("life", "death"),
    ("light", "darkness"),
    ("right hand", "left"),
    ("east", "west"),
    ("north", "south"),
    ("sons", "daughters"),
    ("gold", "silver"),
    ("men", "women"),
    ("father", "mother"),
    ("righteous", "wicked"),
    ("clean", "unclean"),
    ("first", "last"),
    ("wise", "foolish"),
    ("sun", "moon"),
    ("evening", "morning"),
)

CATEGORIES = (
    ("David", "Jerusalem", "man", "city"),
    ("Babylon", "Rachel", "city", "woman"),
    ("Jordan", "Samaria", "river", "city"),
    ("Judah", "Sinai", "man", "mount"),
    ("Carmel", "Euphrates", "mount", "river"),
    ("Jericho", "Moses", "city", "man"),
    ("Samuel", "Damascus", "prophet", "city"),
    ("Aaron", "Pharaoh", "priest", "king"),
    ("Sarah", "Abraham", "woman", "man"),
    ("Eli", "Elijah", "priest", "prophet"),
)
"""Two names, each with its kind."""

FITTING = (
    ("And they did drink the", "And they did eat the", "wine", "bread"),
    ("And he smote him with the", "And he blew with the", "sword", "trumpet"),
    ("And he heard with his", "And he saw with his", "ears", "eyes"),
    ("And he opened the door of the", "And he went over the water of the", "house", "sea"),
    ("And she bare him a", "And they burned it with", "son", "fire"),
    ("And he sat upon the throne of the", "And he fed the sheep in the", "kingdom", "field"),
    ("And he spake with his", "And he walked with his", "mouth", "feet"),
    ("And they offered a burnt", "And they blew the", "offering", "trumpets"),
    ("And the rain fell from", "And they digged a pit in the", "heaven", "earth"),
    ("And he read in the", "And he sat upon the", "book", "horse"),
    ("And he wrote it with his", "And he bowed down his", "hand", "head"),
    ("And the priest slew the", "And the priest killed not the", "lamb", "people"),
)
"""Two openings, and the word that goes with each."""

NAMES = (
    "David",
    "Saul",
    "Moses",
    "Aaron",
    "Jacob",
    "Joseph",
    "Abraham",
    "Isaac",
    "Solomon",
    "Samuel",
    "Joshua",
    "Peter",
    "Paul",
    "John",
    "Daniel",
    "Jonathan",
)
THINGS = ("bread", "wine", "oil", "gold", "silver", "water", "fruit", "meat", "wood", "stones", "corn", "fire")
PLACES = ("house", "city", "field", "temple", "mountain", "wilderness", "valley", "gate", "river", "land")
TRIBES = ("Judah", "Benjamin", "Ephraim", "Dan", "Reuben", "Gad", "Manasseh", "Simeon")
OFFICES = ("priest", "servant", "king", "prophet", "captain", "prince")
PLAIN = (
    *THINGS,
    *PLACES,
    "king",
    "man",
    "hand",
    "day",
    "word",
    "son",
    "heart",
    "name",
    "way",
    "father",
    "voice",
    "law",
)
"""Words without an order of their own, for sequences."""

FATHERS = (
    ("Joshua", "Nun"),
    ("Abner", "Ner"),
    ("Benaiah", "Jehoiada"),
    ("Jehoiakim", "Josiah"),
    ("Phinehas", "Eleazar"),
    ("David", "Jesse"),
    ("Rehoboam", "Solomon"),
    ("Eleazar", "Aaron"),
    ("Eliakim", "Hilkiah"),
    ("Gideon", "Joash"),
    ("Solomon", "David"),
    ("Jonathan", "Saul"),
    ("Jeroboam", "Nebat"),
    ("Gedaliah", "Ahikam"),
    ("Ishmael", "Nethaniah"),
    ("Baruch", "Neriah"),
    ("Isaiah", "Amoz"),
    ("Balaam", "Beor"),
    ("Joab", "Zeruiah"),
    ("Johanan", "Kareah"),
    ("Pekah", "Remaliah"),
    ("Balak", "Zippor"),
    ("Caleb", "Jephunneh"),
    ("Zerubbabel", "Shealtiel"),
)
"""Who is called the son of whom, three times or more; neighbours make a pair, whose answers are like in length."""

REALMS = (
    ("Pharaoh", "Egypt"),
    ("Nebuchadnezzar", "Babylon"),
    ("Sennacherib", "Assyria"),
    ("Hezekiah", "Judah"),
    ("Og", "Bashan"),
    ("Sihon", "Heshbon"),
    ("Hazael", "Syria"),
    ("Ahab", "Israel"),
    ("Zedekiah", "Judah"),
    ("Baasha", "Israel"),
    ("Shishak", "Egypt"),
    ("Nebuchadrezzar", "Babylon"),
    ("Cyrus", "Persia"),
    ("Hiram", "Tyre"),
)
"""Who is called king of what, as often."""

TITLES = (
    ("Eleazar", "priest"),
    ("Jeremiah", "prophet"),
    ("Nathan", "prophet"),
    ("Zadok", "priest"),
    ("Esther", "queen"),
    ("Shaphan", "scribe"),
    ("Uriah", "Hittite"),
    ("Ruth", "Moabitess"),
    ("Naboth", "Jezreelite"),
    ("Elijah", "Tishbite"),
    ("Isaiah", "prophet"),
    ("Hilkiah", "priest"),
)
"""Who is called the what, as often."""

WEAK = frozenset(
    (
        "him",
        "her",
        "you",
        "not",
        "did",
        "are",
        "was",
        "out",
        "all",
        "she",
        "his",
        "who",
        "may",
        "can",
        "let",
        "yet",
        "too",
        "them",
        "thee",
        "therein",
        "thereof",
        "thereon",
        "this",
        "that",
        "with",
        "unto",
        "upon",
        "also",
        "before",
        "after",
        "from",
        "there",
        "these",
        "their",
        "those",
        "thou",
        "ever",
        "have",
        "hath",
        "here",
        "shall",
        "were",
        "when",
        "what",
        "whom",
        "thine",
        "mine",
        "your",
        "yours",
        "ours",
        "again",
        "himself",
        "themselves",
        "therewith",
        "thereby",
    )
)
"""Final words that say too little to be asked for."""
