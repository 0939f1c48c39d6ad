# SPDX-License-Identifier: Apache-2.0
"""Labelled surrogates, `<TYPE_xxxxx>`, as models write them back: a tolerant grammar in which the id alone decides.

Brackets may be lost, escaped (markdown, HTML, JSON, percent) or square; the label may be altered or translated; `_` may be a space or a
dash; an ending may follow the id; characters that nobody sees may stand anywhere. The id counts whole, ignoring case, and only if it was
given out: nothing is completed, and nothing is taken for what it resembles. Time is linear in the text.
"""

import html
import json
import re
from dataclasses import dataclass, replace
from typing import Literal, assert_never
from urllib.parse import quote

from douane.surrogates.shown import ID_LENGTH, UNUSUAL, Shown, id_places

__all__ = ["REACH", "Escape", "Place", "Written", "escaped", "is_in_url"]

REACH = 256
"""Characters: no surrogate is longer, and text that is further to the left of one decides nothing about it."""

Escape = Literal["", "percent", "html", "json", "json twice"]

_SEEN = 96  # characters that are seen; a surrogate has no more
_LONGEST = 160  # characters of one, with those that nobody sees
_LABEL = 40
_MOST_WORDS = 16  # of a label
_ENDING_LENGTH = 3
_URL = 200
_AROUND = 8
_FEW = 8  # ids that are sought one by one

# Letters by how they are written: a label of one kind begins where letters of another kind end. Scripts without spaces between words
# have no beginning of a label at all: what stands before the separator stays.
_LATIN = r"A-Za-zªµºÀ-ÖØ-öø-ɏ\u0300-\u036fḀ-ỿ"
_SPACED = (
    r"\u0250-\u02ff\u0370-\u0dff\u0f00-\u0fff\u10a0-\u177f\u1800-\u180d\u180f-\u18af\u1c80-\u1dff\u1f00-\u1fff\uac00-\ud7a3"
    r"\ufb00-\ufdff\U00010400-\U0001efff"
)
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3005-\u3007\u3041-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTERS = _LATIN + _SPACED
_ANY = _LETTERS + _UNSPACED
_IS_LETTER = re.compile(f"[{_LATIN}]")

# Patterns whose names end in `_R` read backwards, from where an id begins, so that each place is looked at once.
_SPACE, _SPACE_R = r"(?:[ \t\r\n]|%20)", r"(?:[ \t\r\n]|02%)"
_JOINT = r"(?:\\{0,2}[_-]|%5[fF]|%2[dD]|&#95;|&#[xX]5[fF];|\\{1,2}u005[fF])"
_JOINT_R = r"(?:[_-]\\{0,2}|[fF]5%|[dD]2%|;59#&|;[fF]5[xX]#&|[fF]500u\\{1,2})"
_OPEN = r"(?:\\{0,2}<|&lt;|&#60;|&#[xX]3[cC];|%3[cC]|\\{1,2}u003[cC])"
_OPEN_R = r"(?:<\\{0,2}|;tl&|;06#&|;[cC]3[xX]#&|[cC]3%|[cC]300u\\{1,2})"
_CLOSE = r"(?:\\{0,2}>|&gt;|&#62;|&#[xX]3[eE];|%3[eE]|\\{1,2}u003[eE])"
_MARKS = r"[*_~`]{0,3}"
_VOWELS = "aeiouyAEIOUYªºÀ-ÖØ-öø-ɏḀ-ỿ"

# One letter, or up to three with a vowel among them: more consonants would be another id.
_ENDING = rf"(?:(?=[{_LATIN}]{{0,2}}[{_VOWELS}])[{_LATIN}]{{1,3}}|[{_LATIN}]?)(?![{_LATIN}\d])"
_END = re.compile(_ENDING)
_CLOSED = re.compile(rf"(?P<ending>['’][{_ANY}]{{0,3}}|[{_SPACED}{_UNSPACED}]{{1,3}}|{_ENDING}){_MARKS}{_SPACE}{{0,2}}{_CLOSE}")
_SQUARED = re.compile(rf"(?P<ending>['’][{_ANY}]{{0,3}}|{_ENDING}){_MARKS}{_SPACE}{{0,2}}\\{{0,2}}\](?![(\[:])")
_GAP_R = rf"0{{0,3}}(?P<gap>(?:{_JOINT_R}|{_SPACE_R}){{1,5}})"
_ANGLE_R = re.compile(
    rf"{_GAP_R}(?P<label>[{_ANY}](?:{_JOINT_R}|{_SPACE_R}|[{_ANY}]){{0,{_LABEL - 1}}})(?P<inner>{_MARKS}{_SPACE_R}?){_OPEN_R}"
)
_BARE_R = re.compile(rf"{_GAP_R}(?P<run>(?:[{_LETTERS}](?:{_JOINT_R}|{_SPACE_R}|[{_LETTERS}]){{0,{_LABEL - 1}}})?)")
_SQUARE_R = re.compile(rf"{_MARKS}{_SPACE_R}?\[\\{{0,2}}(?![\w\])!\\])")
_TOKEN = re.compile(
    rf"(?P<joint>{_JOINT})|(?P<space>{_SPACE})|(?P<latin>[{_LATIN}]+)|(?P<spaced>[{_SPACED}]+)|(?P<unspaced>[{_UNSPACED}]+)|(?P<zeros>0+)"
)
_HAS_SPACE = re.compile(_SPACE)
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[nrtbf]")
_URL_RUN = re.compile(r"[^\s\"'<>`\\|^{})]*\Z")

# What stands at the end of a text, for the horizon.
_PART = re.compile(r"(?:\\{1,2}(?:u(?:0(?:0[35]?)?)?)?|%[235]?|&(?:[lg]t?|#(?:6[02]?|95?|[xX](?:3[cCeE]?|5[fF]?)?)?)?)\Z")
_OPENED = re.compile(_OPEN)
_WITHIN = re.compile(rf"(?:{_JOINT}|{_SPACE}|[{_ANY}*~`'’0]){{0,64}}\Z")
_AFTER = re.compile(rf"['’]?[{_ANY}]{{0,3}}{_MARKS}{_SPACE}{{0,2}}\\{{0,2}}\]?\Z")
_RUN_LIMIT = 64
_TAIL_R = re.compile(
    rf"(?:[{_LATIN}]{{0,8}}0{{1,3}}(?={_JOINT_R}|{_SPACE_R}))?(?P<run>(?:{_JOINT_R}|[{_LETTERS}]){{0,{_RUN_LIMIT}}})"
    rf"(?:(?:{_JOINT_R}|{_SPACE_R}){{1,5}}(?P<before>[{_LATIN}]{{1,{_LABEL}}}|[{_SPACED}]{{1,{_LABEL}}}))?"
)
_JOINTS = re.compile(f"(?:{_JOINT})*")
_EDGE = re.compile(rf"{_JOINT}|(?<=[{_LATIN}])(?=[{_SPACED}])|(?<=[{_SPACED}])(?=[{_LATIN}])")
_PHRASE_R = re.compile(rf"(?:{_JOINT_R}|{_SPACE_R}|[{_LETTERS}0]){{0,{_SEEN}}}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a surrogate stands, with what goes back behind the original, and the escaping that it was written in."""

    start: int
    end: int
    id: str
    ending: str
    escape: Escape


class Written:
    """The labelled surrogates of one vault, found again. `add` what is given out; not thread-safe while something is added."""

    __slots__ = ("_ids", "_labels", "_prefixes", "_words")

    def __init__(self) -> None:
        self._ids: dict[str, tuple[str, ...]] = {}  # the words of the label, case folded
        self._labels: set[str] = set()
        self._words: set[str] = set()
        self._prefixes: set[str] = set()

    def __repr__(self) -> str:
        return f"Written({len(self._ids)} surrogates)"

    def add(self, id_: str, label: str) -> None:
        """Know this surrogate from now on."""
        words = tuple(label.casefold().split("_"))
        self._ids[id_] = words
        self._labels.add(" ".join(words))
        self._words.update(words)
        self._prefixes.update(id_[:length] for length in range(1, ID_LENGTH))

    def may_hold(self, text: str) -> bool:
        """Whether a surrogate may be in the text. A wrong yes costs only time."""
        if not self._ids:
            return False
        if not text.isascii() and UNUSUAL.search(text):
            text = Shown(text).text
        if len(self._ids) <= _FEW:
            lowered = text.lower()
            return any(id_ in lowered for id_ in self._ids)
        return any(id_ in self._ids for _, id_ in id_places(text))

    def places(self, text: str) -> list[Place]:
        """Where surrogates stand, in order, without overlaps."""
        if not self.may_hold(text):
            return []
        found: list[Place] = []
        shown = Shown(text)
        for begins, id_ in id_places(shown.text):
            place = self._around(shown.text, id_, begins) if id_ in self._ids else None
            if place is None:
                continue
            start, end = shown.raw(place.start), shown.raw(place.end - 1) + 1
            if end - start <= _LONGEST and not (found and start < found[-1].end):
                found.append(replace(place, start=start, end=end))
        return found

    def horizon(self, text: str) -> int:
        """The earliest place from which more text could still make or lengthen a surrogate, at most `REACH` from the end of the text."""
        size = len(text)
        if not self._ids:
            return size
        tail = text[-_SEEN:]
        if tail.isascii() or not UNUSUAL.search(tail):
            return size - len(tail) + self._open(tail)
        tail = text[-REACH:]
        shown = Shown(tail)
        start = self._open(shown.text)
        return size if start == len(shown.text) else size - len(tail) + shown.raw(start)

    # Finding

    def _around(self, text: str, id_: str, start: int) -> Place | None:
        """The surrogate whose id begins here, if one does."""
        end = start + ID_LENGTH
        before = text[max(0, start - _SEEN) : start][::-1]
        angle = _ANGLE_R.match(before)
        if angle is not None and self._id_in(angle["label"][::-1]) < 0:
            opens = start - angle.end()
            closed = _CLOSED.match(text, end)
            if closed is not None:
                opens = _without_backslash_of_path(text, opens, closed=text[end : closed.end()])
                return _place(text, opens, closed.end(), id_, closed["ending"])
            is_tight = not angle["inner"] and not _HAS_SPACE.search(text, opens, start)
            if is_tight and _END.match(text, end) and text[end : end + 1] not in ("_", "-"):
                return _place(text, _without_backslash_of_path(text, opens), end, id_)
        bare = _BARE_R.match(before) if _END.match(text, end) else None
        if bare is None:
            return None
        opens = self._label(text, id_, start - bare.end(), start - bare.end("gap"), start)
        if opens < 0:
            return None
        square = _SQUARE_R.match(text[max(0, opens - _AROUND) : opens][::-1])
        squared = _SQUARED.match(text, end) if square is not None else None
        if square is not None and squared is not None:
            return _place(text, opens - square.end(), squared.end(), id_, squared["ending"])
        return _place(text, opens, end, id_)

    def _label(self, text: str, id_: str, start: int, end: int, stop: int) -> int:
        """Where the label begins of an id without angle brackets; below 0 without one. It ends at `end`, and its id begins at `stop`."""
        escape, start = _escape_around(text, start)
        tokens = list(_TOKEN.finditer(text, start, end))
        words = [(index, token[0].casefold()) for index, token in enumerate(tokens) if token.lastgroup in ("latin", "spaced")]
        if not tokens or not words or words[-1][0] != len(tokens) - 1:
            # The label of a script without spaces has no beginning: it stays where it is.
            is_joined = not _HAS_SPACE.search(text, end, stop)
            return end if is_joined and end and _IS_UNSPACED.match(text, end - 1) else -1
        own = self._ids[id_]
        size = len(own) if tuple(word for _, word in words[-len(own) :]) == own else 0
        if not size and _HAS_SPACE.search(text, end, stop):
            sizes = range(min(len(words), _MOST_WORDS), 0, -1)
            size = next((size for size in sizes if " ".join(word for _, word in words[-size:]) in self._labels), 0)
            if not size:
                return -1
        first = words[-size][0] if size else self._joined(tokens)
        if first < 0:
            return -1
        begins = tokens[first].start()
        is_whole = first > 0 or escape < begins or not _goes_on(text, begins, is_own=size > 0)
        return begins if is_whole else -1

    def _joined(self, tokens: list[re.Match[str]]) -> int:
        """The first of the words, joined and of one script, that the last one is among; below 0 where that one is an id."""
        first, script = -1, tokens[-1].lastgroup
        for index in range(len(tokens) - 1, -1, -1):
            token = tokens[index]
            if token.lastgroup == "joint":
                continue
            if token.lastgroup != script or self._is_id(token[0]):
                break
            first = index
        return first

    def _is_id(self, word: str) -> bool:
        """Whether a word is an id that was given out, with an ending or without."""
        return len(word) <= ID_LENGTH + _ENDING_LENGTH and word[:ID_LENGTH].lower() in self._ids

    def _id_in(self, text: str) -> int:
        """Where the first id in a text ends; below 0 without one."""
        words = (token for token in _TOKEN.finditer(text) if token.lastgroup == "latin")
        return next((token.start() + ID_LENGTH for token in words if self._is_id(token[0])), -1)

    # The horizon, in a text as it is seen

    def _open(self, text: str) -> int:
        end = len(text)
        if "<" in text or "&" in text or "%" in text or "\\" in text:
            part = _PART.search(text, max(0, end - _AROUND))
            if part is not None:
                end = part.start()
            opened = list(_OPENED.finditer(text, 0, end))
            if opened and self._is_open(text[opened[-1].end() : end]):
                return opened[-1].start()
        tail = _TAIL_R.match(text[:end][::-1])
        assert tail is not None  # it may be empty
        start = self._run(text, end - tail.end("run"), end - tail.start("run"), end)
        if tail["before"] is not None:
            before = end - tail.end("before")
            if text[_escape_around(text, before)[1] : end - tail.start("before")].casefold() in self._words:
                start = min(start, self._phrase(text, end))
        if "[" in text:
            square = _SQUARE_R.match(text[max(0, start - _AROUND) : start][::-1])
            if square is not None:
                return start - square.end()
            bracket = text.rfind("[")
            within = text[bracket + 1 : end]
            stop = self._id_in(within) if len(within) <= _RUN_LIMIT else -1
            if stop >= 0 and _AFTER.match(within, stop):
                start = min(start, max(0, bracket - 2))
        return start

    def _is_open(self, within: str) -> bool:
        """Whether more text could end in an angle bracket that closes, after this much behind one that opens."""
        if not _WITHIN.match(within):
            return False
        stop = self._id_in(within)
        return stop < 0 or _AFTER.match(within, stop) is not None

    def _run(self, text: str, start: int, stop: int, end: int) -> int:
        """Where a label may begin in letters and joints from `start` to `stop`; `end` where none does."""
        if stop - start >= _RUN_LIMIT:  # what begins later may still be one
            edge = _EDGE.search(text, start, stop)
            start = stop if edge is None else edge.end()
        if not (start and _IS_UNSPACED.match(text, start - 1)):
            joints = _JOINTS.match(text, start, stop)
            start = stop if joints is None else joints.end()
        return end if start >= stop else _escape_around(text, start)[0]

    def _phrase(self, text: str, end: int) -> int:
        """Where a label that was given out begins, with white space in it or behind it; `end` without one."""
        phrase = _PHRASE_R.match(text[:end][::-1])
        assert phrase is not None  # it may be empty
        tokens = list(_TOKEN.finditer(text, _escape_around(text, end - phrase.end())[1], end))
        words = [(token.start(), token[0].casefold()) for token in tokens if token.lastgroup in ("latin", "spaced")][-_MOST_WORDS - 1 :]
        is_ended = tokens[-1].lastgroup not in ("latin", "spaced")
        for index, (start, _) in enumerate(words):
            said = [word for _, word in words[index:]]
            so_far = " ".join(said) + " " * is_ended
            if any(f"{label} ".startswith(so_far) for label in self._labels):
                return start
            last = said[-1]
            if not is_ended and " ".join(said[:-1]) in self._labels and (last in self._prefixes or self._is_id(last)):
                return start
        return end


def escaped(value: str, escape: Escape, *, is_in_json: bool = False) -> str:
    """An original in the escaping in which its surrogate was written; for the inside of a JSON string, but for the string's own."""
    match escape:
        case "":
            return value
        case "percent":
            return quote(value, safe="", errors="surrogatepass")
        case "html":
            return html.escape(value)
        case "json":
            return value if is_in_json else json.dumps(value, ensure_ascii=False)[1:-1]
        case "json twice":
            return escaped(escaped(value, "json"), "json", is_in_json=is_in_json)
        case _:
            assert_never(escape)


def is_in_url(text: str, place: int) -> bool:
    """Whether a place lies in the path, the query or the fragment of a URL; seen up to 200 characters to its left."""
    before = text[max(0, place - _URL) : place]
    scheme = before.rfind("://")
    return scheme >= 0 and _URL_RUN.match(before, scheme + 3) is not None


def _place(text: str, start: int, end: int, id_: str, ending: str = "") -> Place:
    written = text[start:end]
    escape: Escape = ""
    if "%" in written:
        escape = "percent"
    elif "&" in written:
        escape = "html"
    elif "\\\\u00" in written:
        escape = "json twice"
    elif "\\u00" in written:
        escape = "json"
    return Place(start, end, id_, ending, escape)


def _escape_around(text: str, place: int) -> tuple[int, int]:
    """The escape in a text (`%2F`, `\\n`, `\\u2013`) that ends at a place or goes on there; nothing at the place without one."""
    first = max(0, place - 6)
    before = text[first:place]
    if "%" in before or "\\" in before:
        for match in _ESCAPE.finditer(text, first, place + 6):
            if match.end() >= place:
                return (match.start(), match.end()) if match.start() < place else (place, place)
    return place, place


def _goes_on(text: str, place: int, *, is_own: bool) -> bool:
    """Whether a word that begins at the place of a text is only the rest of a longer one."""
    before = text[place - 1 : place]
    return before.isdigit() or _IS_LETTER.match(before) is not None or (not is_own and before in ("_", "-"))


def _without_backslash_of_path(text: str, opens: int, closed: str = "") -> int:
    """Where a bracket opens: a backslash before it escapes it, but for one that parts a path."""
    slashes = len(text[opens : opens + 2]) - len(text[opens : opens + 2].lstrip("\\"))
    if not slashes or "\\" in closed or text.startswith("u003", opens + slashes):
        return opens
    before = text[opens - 1 : opens]
    return opens + slashes if before.isalnum() or before == ":" else opens
