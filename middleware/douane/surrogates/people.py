# SPDX-License-Identifier: Apache-2.0
"""Names of people, towns, streets and firms from the lists of Faker, in the script of the value and in its form.

The lists, and so what is drawn from them, are those of the version of Faker that is installed. Left out are names that are words or
places too: where they stand in an answer, nobody could say whether somebody is meant. Latin ones have letters of ASCII only, which
survive every escape and every keyboard.
"""

import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from douane.detect.names.lists import COMMON, COMPANY, NAME, PLACE, STREET, TITLE, VAGUE, lists
from douane.detect.names.words import lowered
from douane.errors import ConfigRejected
from douane.surrogates.firms import is_firm
from douane.surrogates.shape import Below, another, shaped

__all__ = ["People"]

_LATIN = ("da_DK", "de_DE", "en_GB", "es_ES", "fi_FI", "fr_FR", "it_IT", "nl_NL", "no_NO", "pl_PL", "pt_PT", "ro_RO", "sv_SE")
_OTHERS = ("bg_BG", "el_GR", "ru_RU", "uk_UA")
_CITIES = ("cities", "city_names")
_PARTICLES = ("da", "de", "del", "den", "der", "di", "du", "la", "le", "van", "von", "zu")
_SUFFIXES = ("allee", "gasse", "platz", "ring", "weg")
_OTHER_THINGS = frozenset({"butler", "fisher", "florence", "ion", "mason", "walker"})  # words and places that our lists take for names only
_DRAWN_FORMS = ("AB", "AG", "BV", "GmbH", "Ltd", "SA")
_FORM_OF = {"cyrillic": "ООО", "greek": "ΑΕ"}
_MOST_WORDS = 8
_TRIES = 60
_SHORTEST, _LONGEST = 3, 12

_INITIALS = re.compile(r"(?:[^\W\d_]\.-?)*[^\W\d_]\.?")
_NAME = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_SIGNS = re.compile(r"(?P<core>.*?)(?P<after>[.,]*)\Z")
_NUMBER = re.compile(r"\d[\w/\-]*")
_LETTERS = {
    "latin": re.compile("[A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ]"),
    "cyrillic": re.compile("[\u0400-\u052f]"),
    "greek": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
}
_CAPITALS = {"latin": "ABCDEFGHJKLMNPRSTVW", "cyrillic": "АБВГДЕКЛМНПРСТ", "greek": "ΑΒΓΔΕΗΘΚΛΜΝΠΡΣΤ"}
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")


@dataclass(frozen=True, slots=True)
class _Names:
    """What a locale has: given and family names by gender (men's first; one list for both where it makes no difference), and towns."""

    given: tuple[tuple[str, ...], ...] = field(repr=False)
    family: tuple[tuple[str, ...], ...] = field(repr=False)
    towns: tuple[str, ...] = field(repr=False)


class People:
    """Everything is read when it is made. Raises `ConfigRejected` where Faker is not installed. Immutable, so thread-safe."""

    __slots__ = ("_countries", "_family", "_names")

    def __init__(self) -> None:
        try:
            self._names: Mapping[str, _Names] = {locale: _read(locale) for locale in (*_LATIN, *_OTHERS)}
            english = importlib.import_module("faker.providers.address").Provider
        except ModuleNotFoundError as cause:
            raise ConfigRejected(
                "realistic surrogates need the lists of Faker; install the extra `realistic` (`pip install 'douane[realistic]'`), "
                "or ask for the style `label`"
            ) from cause
        self._countries = tuple(name for name in english.countries if name.isascii() and name.isalpha())
        self._family = frozenset(name.casefold() for names in self._names.values() for group in names.family for name in group)

    def person(self, value: str, below: Below) -> str | None:
        """A name of as many words, none the same but for titles; initials stay initials, signs and the case of each word stay."""
        words = value.split()
        script = _script(value)
        if not script or not words or len(words) > _MOST_WORDS:
            return None
        pieces = [_SIGNS.fullmatch(word) for word in words]
        cores = [piece["core"] for piece in pieces if piece is not None]
        if len(cores) != len(words) or not all(_NAME.fullmatch(core) or _INITIALS.fullmatch(core) for core in cores):
            return None
        roles = self._roles(words, cores)
        names = self._names[self._locale(value, script, below)]
        last = next((core for core, role in zip(cores, roles, strict=True) if role == "family"), cores[-1])
        gender = int(_is_feminine(last, script))
        taken = {word.casefold() for core in cores for word in re.split(r"[\W_]+", core)}
        drawn: list[str] = []
        for core, word, role in zip(cores, words, roles, strict=True):
            one = self._word(core, role, names, gender, taken, below)
            if one is None:
                return None
            taken.update(re.split(r"[\W_]+", one.casefold()) if role != "title" else ())
            drawn.append(one + word[len(core) :])
        return re.sub(r"\S+", lambda _: drawn.pop(0), value)

    def _word(self, core: str, role: str, names: _Names, gender: int, taken: AbstractSet[str], below: Below) -> str | None:
        match role:
            case "title":
                return core
            case "initials":
                return "".join(_initial(sign, below) for sign in core)
            case "particle":
                return _cased(_free(_PARTICLES, taken, below) or "", core) or None
            case _:
                groups = names.given if role == "given" else names.family
                group = groups[gender % len(groups)]
                parts = [_free(group, taken, below) for _ in core.split("-")]
                if None in parts:
                    return None
                return "-".join(_cased(part or "", like) for part, like in zip(parts, core.split("-"), strict=True))

    def _roles(self, words: Sequence[str], cores: Sequence[str]) -> list[str]:
        """What each word is: a title, initials, a particle, a given name, or the family name: the last one, or all before a comma."""
        known = lists().words
        roles: list[str] = []
        for word, core in zip(words, cores, strict=True):
            bits = known.get(lowered(core), 0)
            if len(words) > 1 and core.casefold() in _PARTICLES and (core.islower() or word.isupper()):
                roles.append("particle")
            elif len(words) > 1 and bits & TITLE and not bits & NAME:
                roles.append("title")
            elif _INITIALS.fullmatch(core):
                roles.append("initials")
            else:
                roles.append("given")
        names = [place for place, role in enumerate(roles) if role == "given"]
        comma = next((place for place, word in enumerate(words) if word.endswith(",")), -1)
        if comma >= 0:
            family = [place for place in names if place <= comma]
        else:
            has_given = len(names) > 1 or any(role == "initials" for role in roles) or "title" in roles
            family = names[-1:] if has_given or (names and cores[names[0]].casefold() in self._family) else []
        return ["family" if place in family else role for place, role in enumerate(roles)]

    def town(self, value: str, below: Below) -> str | None:
        """A town of one word; a country for a country."""
        script = _script(value)
        if not script:
            return None
        if value.casefold() in {country.casefold() for country in self._countries}:
            towns = self._countries
        else:
            towns = self._names[self._locale(value, script, below, with_towns=True)].towns
        name = _free(towns, {word.casefold() for word in value.split()}, below)
        return None if name is None else _cased(name, value)

    def street(self, value: str, below: Below) -> str | None:
        """A street with a number where the value has one, on the same side of it, and with a postcode and a town where it has these."""
        if _script(value) != "latin":
            return None
        numbers = [match[0] for match in _NUMBER.finditer(value)]
        family = self._drawn_family(value, "latin", below)
        if family is None:
            return None
        street = _cased(family + _SUFFIXES[below(len(_SUFFIXES))], value)
        house = next((number for number in numbers if len(number) <= 4 and number != "0"), "")
        if house:
            new = shaped(house, below) or house
            street = f"{new} {street}" if value.lstrip().startswith(house) else f"{street} {new}"
        code = next((number for number in numbers if number.isdigit() and 4 <= len(number) <= 6 and number != house), "")
        if not code:
            return street
        town = self.town(value, below)
        return None if town is None else f"{street}, {shaped(code, below)} {town}"

    def firm(self, value: str, below: Below) -> str | None:
        """A family name with a legal form, that of the value where it has one."""
        script = _script(value)
        family = self._drawn_family(value, script, below) if script else None
        if family is None:
            return None
        form = next((word.rstrip(",") for word in reversed(value.split()) if is_firm(word.rstrip(","))), "")
        form = form or _FORM_OF.get(script, "") or _DRAWN_FORMS[below(len(_DRAWN_FORMS))]
        return f"{_cased(family, value)} {form}"

    def mail(self, value: str, below: Below) -> str | None:
        """An address at a domain that is nobody's (RFC 2606, RFC 6761), with names joined as in the value."""
        local, at, _ = value.rpartition("@")
        if not at:
            return None
        names = self._names[_LATIN[below(len(_LATIN))]]
        taken = {word for word in re.split(r"[\W_]+", value.casefold()) if word}
        given, family = _free(names.given[0], taken, below), _free(names.family[0], taken, below)
        if given is None or family is None:
            return None
        joint = next((sign for sign in "._-" if sign in local), "")
        name = f"{given}{joint}{family}" if joint or below(2) else f"{given[0]}{family}"
        number = "".join(str(below(10)) for sign in local if sign.isdigit())[:4]
        domains = ("example.org", "example.com", "example.net", f"{_free(names.family[0], taken, below) or 'mail'}.example")
        made = f"{name}{number}@{domains[below(len(domains))]}".lower()
        return made.upper() if value.isupper() else made

    def _drawn_family(self, value: str, script: str, below: Below) -> str | None:
        taken = {word.casefold() for word in re.split(r"[\W_]+", value)}
        return _free(self._names[self._locale(value, script, below)].family[0], taken, below)

    def _locale(self, value: str, script: str, below: Below, *, with_towns: bool = False) -> str:
        if script == "greek":
            return "el_GR"
        locales = _LATIN if script == "latin" else ("uk_UA",) if _UKRAINIAN.search(value) else ("ru_RU", "bg_BG")
        chosen = [locale for locale in locales if self._names[locale].towns or not with_towns]
        return chosen[below(len(chosen))]


def _read(locale: str) -> _Names:
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    script = "latin" if locale in _LATIN else "greek" if locale == "el_GR" else "cyrillic"

    def groups(kind: str) -> tuple[tuple[str, ...], ...]:
        if script != "latin":
            return tuple(_usable(getattr(provider, f"{kind}_{gender}"), script) for gender in ("male", "female"))
        named = f"unisex_{kind}" if hasattr(provider, f"unisex_{kind}") else kind
        return (_usable(getattr(provider, named), script),)

    try:
        places = importlib.import_module(f"faker.providers.address.{locale}").Provider
    except ModuleNotFoundError:  # it has names only
        places = None
    towns = next((getattr(places, name) for name in _CITIES if hasattr(places, name)), ())
    return _Names(groups("first_names"), groups("last_names"), _usable(towns, script, not_even=COMMON | VAGUE | NAME))


def _usable(names: Iterable[str], script: str, not_even: int = COMMON | VAGUE | PLACE | TITLE | COMPANY | STREET) -> tuple[str, ...]:
    """Those of one word in this script that nobody would read as another thing."""
    known = lists().words
    return tuple(
        name
        for name in dict.fromkeys(names)
        if _SHORTEST <= len(name) <= _LONGEST
        and name.isalpha()
        and name == name.capitalize()
        and (name.isascii() or script != "latin")
        and _script(name) == script
        and lowered(name) not in _OTHER_THINGS
        and not known.get(lowered(name), 0) & not_even
    )


def _script(text: str) -> str:
    """The script of all letters of a text; "" where there are none, or of several."""
    letters = "".join(filter(str.isalpha, text))
    return next((script for script, letter in _LETTERS.items() if letters and len(letter.findall(letters)) == len(letters)), "")


def _is_feminine(family: str, script: str) -> bool:
    """Whether a family name is a woman's, where that is seen."""
    last = family[-1].lower()
    return (script == "cyrillic" and last in "ая") or (script == "greek" and last not in "ςσ")


def _free(names: Sequence[str], taken: AbstractSet[str], below: Below) -> str | None:
    """One of the names whose word is not taken."""
    drawn = (names[below(len(names))] for _ in range(_TRIES if names else 0))
    return next((name for name in drawn if name.casefold() not in taken), None)


def _initial(sign: str, below: Below) -> str:
    letters = next((_CAPITALS[script] for script, letter in _LETTERS.items() if letter.match(sign)), "")
    if not letters:
        return sign
    made = another(letters, below, sign.upper())
    return made.lower() if sign.islower() else made


def _cased(name: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return name.upper()
    return name.lower() if like.islower() else name
