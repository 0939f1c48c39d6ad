# SPDX-License-Identifier: Apache-2.0
"""Where a name, an address or a number may begin and end in a text: never within a longer one.

A border looks at no more than `LEFT` characters to its left and `RIGHT` to its right. `None` says that more text would decide; where none
comes, it is an end.
"""

import re
import unicodedata

__all__ = ["LEFT", "RIGHT", "begins", "ends", "number_begins", "number_ends", "part_begins", "part_ends", "word_ends"]

LEFT = 48
RIGHT = 10

_ELISION = re.compile(r"(?:(?<![^\W_])[a-zà-ÿ]{1,2})?\Z")  # l'Anna, d'Anna, qu'Anna
_ENDING = 3
_GAP = re.compile(r"[^\S\n]{1,6}(?!\s)")
_BEFORE = re.compile(r"([^\W\d_]+)(\.?)[^\S\n]{1,6}\Z")
_ESCAPED = re.compile(r"(?:\\[nrtbf]|%20)\Z")
_NUMBER_JOINTS = "-./:"
# Words with a capital, as at the start of a sentence, that stand before a name and are none themselves.
_NO_NAMES = (
    "and dear hello hi mr mrs ms miss mister sir madam dr doctor prof professor und herr herrn frau familie hallo liebe lieber "
    "geehrte geehrter et monsieur madame mademoiselle mme mlle me cher chère bonjour y señor señora sr sra don doña hola e signor "
    "signora sig sigra dott caro cara senhor senhora en meneer mevrouw dhr mevr hr beste i pan pani och kära hej og kære ja hei then "
    "when if as so but for yes no while since because after before although however also both thanks thank today yesterday tomorrow "
    "did does is was has had can could should with by from to in on at that this these the a an my our your his her their dann wenn "
    "als da weil aber ob nein heute gestern morgen hat ist war kann soll wird danke mit von für auch nachdem bevor der die das ein "
    "eine mein meine unser unsere alors quand si comme mais oui non merci hier est avec pour le la les un une mon ma notre entonces "
    "cuando como pero sí gracias hoy ayer con para es el los las una mi allora quando se come sì grazie oggi ieri per è il lo gli mio "
    "mia dan maar want heeft met voor de het een"
)
_ALL_NO_NAMES = frozenset(_NO_NAMES.split())


def begins(text: str, place: int, joints: str) -> bool:
    """Whether a word begins here: behind no letter or digit, nor one of `joints` with a letter or digit before it."""
    if not place or _ESCAPED.search(text, max(0, place - 3), place):
        return True
    before = text[place - 1]
    if before.isalnum() or unicodedata.combining(before):
        return False
    if before in "'’":
        elided = _ELISION.search(text, max(0, place - 4), place - 1)
        return elided is not None and (elided.start() != elided.end() or not text[place - 2 : place - 1].isalnum())
    if before not in joints:
        return True
    place -= 2
    if place >= 0 and text[place] == "\\":
        place -= 1
    return place < 0 or not text[place].isalnum()


def ends(text: str, place: int, joints: str) -> bool | None:
    """Whether a word ends here: before no letter or digit, nor one of `joints` with a letter or digit behind it."""
    if place == len(text):
        return None
    if text[place].isalnum() or unicodedata.combining(text[place]):
        return False
    place += text[place] == "\\"
    if place == len(text):
        return None
    if text[place] not in joints:
        return True
    return None if place + 1 == len(text) else not text[place + 1].isalnum()


def word_ends(text: str, place: int, joints: str, *, is_whole: bool) -> bool | None:
    """The same for a name, which the ending of a genitive may follow: up to three letters behind an apostrophe.

    An `s` without one follows whole values only: as a part, Peters is another name than Peter. None follows another `s`.
    """
    if place == len(text):
        return None
    if text[place] in "'’":
        stop = place + 1
        while stop < len(text) and text[stop].isalnum() and stop - place <= _ENDING + 1:
            stop += 1
        if stop - place - 1 > _ENDING:
            return False
        return None if stop == len(text) else True
    if is_whole and text[place] in "sS" and text[place - 1] not in "sSxXzZß":
        return ends(text, place + 1, joints)
    return ends(text, place, joints)


def number_begins(text: str, place: int, *, is_plus_known: bool) -> bool:
    """Whether a number begins here: behind no letter or digit, no joint with a digit before it, and no plus that is not its own."""
    if not place or _ESCAPED.search(text, max(0, place - 3), place):
        return True
    before = text[place - 1]
    if before.isalnum() or (before == "+" and not is_plus_known):
        return False
    return before not in _NUMBER_JOINTS or not text[max(0, place - 2) : place - 1].isdigit()


def number_ends(text: str, place: int) -> bool | None:
    """Whether a number ends here: before no letter or digit, and no joint with a digit behind it."""
    if place == len(text):
        return None
    if text[place].isalnum():
        return False
    place += text[place] == "\\"
    if place == len(text):
        return None
    if text[place] not in _NUMBER_JOINTS:
        return True
    return None if place + 1 == len(text) else not text[place + 1].isdigit()


def part_begins(text: str, place: int) -> bool:
    """Whether a part of a name may stand here for the person: it is capitalised, and behind no other name that it may belong to."""
    if not text[place].isupper():
        return False
    before = _BEFORE.search(text, max(0, place - LEFT + 8), place)
    if before is None or not before[1][0].isupper() or before[1].casefold() in _ALL_NO_NAMES:
        return True
    return before[2] == "." and len(before[1]) > 1  # a sentence ended there


def part_ends(text: str, place: int) -> bool | None:
    """Whether it may on its other side: before no word with a capital on the same line."""
    gap = _GAP.match(text, place)
    if gap is None:
        is_blank = not text[place:].strip() and len(text) - place <= RIGHT
        return None if is_blank else True
    if gap.end() == len(text):
        return None
    return not text[gap.end()].isupper()
