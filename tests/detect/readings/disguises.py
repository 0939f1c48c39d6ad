# SPDX-License-Identifier: Apache-2.0
"""How values are disguised, and what share of the disguised is found whole: `python -m detect.readings.disguises` prints the table."""

import base64
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from urllib.parse import quote

from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.scan import Scan
from douane.detect.secrets.secrets import Secrets
from douane.exchange import Segment

__all__ = ["CURED", "UNCURED", "WAYS", "Value", "Way", "disguised", "found_whole", "scanner", "shares", "values"]


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it is written, in groups where it has any, in a sentence that holds it as `{}`."""

    name: str
    groups: tuple[str, ...]
    sentence: str = "Please note {}, she said."

    @property
    def whole(self) -> str:
        return "".join(self.groups)


@dataclass(frozen=True, slots=True)
class Way:
    """A disguise; `fits` says for which values it is one."""

    name: str
    disguise: Callable[[Value], str]
    fits: Callable[[Value], bool] = lambda _: True


def values() -> tuple[Value, ...]:
    """Synthetic values of many types. Tokens are put together here: scanners of sources look."""
    nir, pesel, bsn = "185057800603840", "44051401120", "111222321"
    idnr, ahv, nn = "36574261868", "7564531730049", "85073003328"
    return (
        Value("e-mail", ("anna.berger@example.org",)),
        Value("IBAN DE", ("DE89", "3704", "0044", "0532", "0130", "00")),
        Value("IBAN GB", ("GB29", "NWBK", "6016", "1331", "9268", "19")),
        Value("card", ("5425", "2334", "3010", "9903")),
        Value("phone", ("+33", "6", "12", "34", "56", "78"), "Please call {} today."),
        Value("phone, national", ("06", "12", "34", "56", "78"), "My phone: {} (mobile)"),
        Value("FR social security", (nir[0], nir[1:3], nir[3:5], nir[5:7], nir[7:10], nir[10:13], nir[13:]), "NIR {} is right."),
        Value("PL PESEL", (pesel[:6], pesel[6:]), "PESEL: {} ok"),
        Value("NL BSN", (bsn[:3], bsn[3:6], bsn[6:]), "Haar BSN is {} volgens haar."),
        Value("DE tax number", (idnr[:2], idnr[2:5], idnr[5:8], idnr[8:]), "Steuer-ID {} liegt vor."),
        Value("CH AHV", (ahv[:3], ahv[3:7], ahv[7:11], ahv[11:]), "AHV {} liegt vor."),
        Value("BE national number", (nn[:2], nn[2:4], nn[4:6], nn[6:9], nn[9:]), "rijksregisternummer {} volgens haar."),
        Value("token", ("gh" + "p_" + "aB3dE5gH" * 4 + "1x2Y",)),
        Value("key", ("AK" + "IA" + "QWE4RTY5" * 2,)),
    )


def _is_number(value: Value) -> bool:
    return len(value.groups) > 1


def _is_long(value: Value) -> bool:
    """Whether it is made of digits only, or nearly, as a numeral is."""
    return _is_number(value) and value.whole.isdecimal()


def _is_mail(value: Value) -> bool:
    return "@" in value.whole


def _has_case(value: Value) -> bool:
    return _is_mail(value) or value.name.startswith("IBAN")


def _every(inserted: str) -> Callable[[Value], str]:
    return lambda value: inserted.join(value.whole)


def _middle(inserted: str) -> Callable[[Value], str]:
    return lambda value: value.whole[: len(value.whole) // 2] + inserted + value.whole[len(value.whole) // 2 :]


def _between(separator: str) -> Callable[[Value], str]:
    return lambda value: separator.join(value.groups)


def _each(write: Callable[[str], str]) -> Callable[[Value], str]:
    return lambda value: "".join(map(write, value.whole))


def _bytes(write: Callable[[bytes], str]) -> Callable[[Value], str]:
    return lambda value: write(value.whole.encode())


def _shifted(zero: int) -> Callable[[Value], str]:
    return _each(lambda character: chr(zero + int(character)) if character.isdigit() else character)


def _swapped(pairs: str) -> Callable[[Value], str]:
    table = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return _each(lambda character: table.get(character, character))


def _mathematical(character: str) -> str:
    for first, last, start in (("A", "Z", 0x1D400), ("a", "z", 0x1D41A), ("0", "9", 0x1D7CE)):
        if first <= character <= last:
            return chr(start + ord(character) - ord(first))
    return character


def _selectors(data: bytes) -> str:
    return "".join(chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16) for byte in data)


def _named(character: str) -> str:
    return {"@": "&commat;", ".": "&period;", "+": "&plus;", "_": "&lowbar;"}.get(character, f"&#{ord(character)};")


def _around(before: str, after: str, *, part: int = 0) -> Callable[[Value], str]:
    """Markup around the middle third of the characters, or around one of the groups."""

    def write(value: Value) -> str:
        if part and len(value.groups) > 1:
            return " ".join(f"{before}{group}{after}" if place == part else group for place, group in enumerate(value.groups))
        third = len(value.whole) // 3
        return value.whole[:third] + before + value.whole[third:-third] + after + value.whole[-third:]

    return write


def _worded(at: str, dot: str) -> Callable[[Value], str]:
    def write(value: Value) -> str:
        local, _, domain = value.whole.partition("@")
        return local + at + domain.replace(".", dot)

    return write


def _sent(value: Value) -> str:
    """A text with the value in it, in base64."""
    text = f"This is what was sent to us by the office in Hamburg: {value.whole}, and nothing else was."
    return base64.b64encode(text.encode()).decode()


def _wrapped(value: Value) -> str:
    return "\n" + "\n".join(wrap(_sent(value), 76)) + "\n"


def _chinese(value: Value) -> str:
    return " ".join(value.groups).translate(dict(enumerate("〇一二三四五六七八九", 48)))


def _in_sentence(value: Value) -> str:
    return base64.b64encode(value.sentence.format(value.whole).encode()).decode()


_DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WAYS: tuple[Way, ...] = (
    Way("zero width spaces", _every("\u200b")),
    Way("a zero width joiner", _middle("\u200d")),
    Way("zero width non-joiners", _every("\u200c")),
    Way("word joiners", _every("\u2060")),
    Way("soft hyphens", _every("\u00ad")),
    Way("byte order marks", _every("\ufeff")),
    Way("a tag character", _middle("\U000e0041")),
    Way("spelt in tags", _each(lambda character: chr(0xE0000 + ord(character)))),
    Way("variation selectors", _every("\ufe0f")),
    Way("spelt in variation selectors", _bytes(lambda data: "😀" + _selectors(data))),
    Way("full width", _each(lambda character: chr(ord(character) + 0xFEE0))),
    Way("mathematical bold", _each(_mathematical)),
    Way("Arabic-Indic digits", _shifted(0x660)),
    Way("Devanagari digits", _shifted(0x966)),
    Way("circled digits", _each(lambda character: "⓪①②③④⑤⑥⑦⑧⑨"[int(character)] if character.isdigit() else character)),
    Way("superscript digits", _each(lambda character: "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(character)] if character.isdigit() else character)),
    Way("subscript digits", _shifted(0x2080)),
    Way("digits white on black", _each(lambda character: "⓿❶❷❸❹❺❻❼❽❾"[int(character)] if character.isdigit() else character)),
    Way("Cyrillic look-alikes", _swapped("aаeеoоpрcсxхyуAАBВEЕKКMМHНOОPРCСTТ")),
    Way("Greek look-alikes", _swapped("aαoοpρvνAΑBΒEΕHΗIΙKΚMΜNΝOΟPΡTΤ")),
    Way("combining marks", _every("\u0301")),
    Way("struck through", _each(lambda character: character + "\u0336")),
    Way("an override, right to left", lambda value: "\u202e" + value.whole + "\u202c"),
    Way("an override before its mirror image", lambda value: "\u202e" + value.whole[::-1] + "\u202c"),
    Way("no-break spaces", _between("\u00a0"), _is_number),
    Way("thin spaces", _between("\u2009"), _is_number),
    Way("ideographic spaces", _between("\u3000"), _is_number),
    Way("two spaces", _between("  "), _is_number),
    Way("tabs", _between("\t"), _is_number),
    Way("line breaks between groups", _between("\n"), _is_number),
    Way("en dashes", _between("–"), _is_number),
    Way("em dashes", _between("—"), _is_number),
    Way("minus signs", _between("\u2212"), _is_number),
    Way("no-break hyphens", _between("\u2011"), _is_number),
    Way("dots", _between("."), _is_number),
    Way("slashes", _between("/"), _is_number),
    Way("underscores", _between("_"), _is_number),
    Way("bullets", _between(" • "), _is_number),
    Way("commas", _between(", "), _is_number),
    Way("bars", _between(" | "), _is_number),
    Way("in brackets", lambda value: "".join(f"[{group}]" for group in value.groups), _is_number),
    Way("a space after every character", _every(" ")),
    Way("a dash after every character", _every("-"), lambda value: "-" not in value.whole),
    Way("an underscore after every character", _every("_"), lambda value: "_" not in value.whole),
    Way("decimal entities", _each(lambda character: f"&#{ord(character)};")),
    Way("hexadecimal entities", _each(lambda character: f"&#x{ord(character):x};")),
    Way("named entities", _each(_named)),
    Way("percent escapes", _bytes(lambda data: "".join(f"%{byte:02X}" for byte in data))),
    Way("percent escapes where a URL needs them", lambda value: quote(value.whole, safe=""), _is_mail),
    Way("percent escapes, twice", _bytes(lambda data: "".join(f"%25{byte:02X}" for byte in data))),
    Way("\\u escapes", _each(lambda character: f"\\u{ord(character):04x}")),
    Way("\\x escapes", _each(lambda character: f"\\x{ord(character):02x}")),
    Way("\\u{} escapes", _each(lambda character: f"\\u{{{ord(character):x}}}")),
    Way("JSON in JSON in JSON", lambda value: json.dumps(json.dumps({"value": json.dumps(value.whole.replace("@", "\u00ad@"))}))),
    Way("quoted-printable", _bytes(lambda data: "".join(f"={byte:02X}" for byte in data))),
    Way("base64", _bytes(lambda data: base64.b64encode(data).decode())),
    Way("base64url without padding", _bytes(lambda data: base64.urlsafe_b64encode(data).decode().rstrip("="))),
    Way("base64 behind a prefix", _bytes(lambda data: "data/" + base64.b64encode(data).decode())),
    Way("base64 of a sentence", _in_sentence),
    Way("base64 in lines", _wrapped),
    Way("base64 of base64", _bytes(lambda data: base64.b64encode(base64.b64encode(data)).decode())),
    Way("base64 of JSON", lambda value: base64.b64encode(json.dumps({"to": value.whole}).encode()).decode()),
    Way("hex", _bytes(bytes.hex)),
    Way("hex with spaces", _bytes(lambda data: data.hex(" "))),
    Way("hex with 0x", _bytes(lambda data: " ".join(f"0x{byte:02x}" for byte in data))),
    Way("hex with colons", _bytes(lambda data: data.hex(":").upper())),
    Way("HTML, bold inside", _around("<b>", "</b>")),
    Way("HTML, a span inside", _around('<span class="x">', "</span>")),
    Way("HTML, a comment inside", _middle("<!-- x -->")),
    Way("HTML, a place to break", _middle("<wbr>")),
    Way("HTML, zero width entities", _middle("&zwj;")),
    Way("HTML, a group in bold", _around("<b>", "</b>", part=1), _is_number),
    Way("Markdown, bold inside", _around("**", "**")),
    Way("Markdown, code inside", _around("`", "`")),
    Way("Markdown, struck inside", _around("~~", "~~")),
    Way("Markdown, a group in bold", _around("**", "**", part=1), _is_number),
    Way("Markdown escapes", lambda value: re.sub(r"([._@+])", r"\\\1", value.whole)),
    Way("(at) and (dot)", _worded(" (at) ", " (dot) "), _is_mail),
    Way("[at] and [dot], glued", _worded("[at]", "[dot]"), _is_mail),
    Way("at and dot", _worded(" at ", " dot "), _is_mail),
    Way("arobase et point", _worded(" arobase ", " point "), _is_mail),
    Way("spaces around signs", _worded(" @ ", " . "), _is_mail),
    Way("upper case", lambda value: value.whole.upper(), _has_case),
    Way("lower case", lambda value: value.whole.lower(), _has_case),
    Way("decomposed", lambda value: unicodedata.normalize("NFD", value.whole.replace("a", "á")), _is_mail),
    Way("blank Braille patterns", _between("\u2800"), _is_number),
    Way(
        "digits of Chinese", _each(lambda character: "〇一二三四五六七八九"[int(character)] if character.isdigit() else character), _is_long
    ),
    Way("digits of Chinese in groups", _chinese, _is_long),
    Way("breaks of HTML", _between("<br>"), _is_number),
    Way("HTML, a block for every character", _each(lambda character: f"<div>{character}</div>")),
    Way("HTML, a span for every character", _each(lambda character: f'<span class="x">{character}</span>')),
    Way("Markdown, bold for every character", _each(lambda character: f"**{character}**")),
    Way("literals put together", lambda value: f'"{_middle(chr(34) + " + " + chr(34))(value)}"'),
    Way("literals of groups put together", lambda value: '"' + '" + " '.join(value.groups) + '"', _is_number),
    Way("base64 in short lines", lambda value: "\n" + "\n".join(wrap(_sent(value), 20)) + "\n"),
    Way("base64 in groups", lambda value: " ".join(wrap(_sent(value), 8))),
    Way("base64 in lines inside JSON", lambda value: json.dumps("\n".join(wrap(_sent(value), 76)))),
    Way("hex in groups", lambda value: " ".join(wrap(value.whole.encode().hex(), 4))),
    Way("angle brackets of mathematics", _worded(" ⟨at⟩ ", " ⟨dot⟩ "), _is_mail),
    Way("a line that is quoted", lambda value: value.whole.replace("@", "@\n> "), _is_mail),
    # Without a safe cure.
    Way("a line break inside", _middle("\n")),
    Way("turned round", lambda value: value.whole[::-1]),
    Way("O for 0", _swapped("0O")),
    Way("leet", _swapped("a4e3o0i1s5")),
    Way("rot13", _each(lambda character: chr((ord(character) - 97 + 13) % 26 + 97) if "a" <= character <= "z" else character), _is_mail),
    Way("digits in words", _each(lambda character: _DIGIT_WORDS[int(character)] + " " if character.isdigit() else character), _is_number),
)
UNCURED = frozenset({"a line break inside", "turned round", "O for 0", "leet", "rot13", "digits in words"})
CURED = tuple(way for way in WAYS if way.name not in UNCURED)


def scanner() -> Scan:
    """The model-free detectors, for the regions of the values."""
    regions = ("FR", "DE", "GB", "NL", "PL", "CH", "BE")
    return Scan([Identifiers(regions), Secrets()])


def disguised(way: Way, value: Value) -> str:
    """The sentence with the value in disguise."""
    return value.sentence.format(way.disguise(value))


def found_whole(scan: Scan, way: Way, value: Value) -> bool:
    """Whether the findings cover every character of the disguised value that tells anything."""
    text = disguised(way, value)
    written = way.disguise(value)
    start = text.index(written)
    covered = {place for finding in scan.scan((Segment("", text, ""),)).findings for place in range(finding.start, finding.end)}
    told = [
        place for place, character in enumerate(written, start) if character.isalnum() or character in "@+&%=" or ord(character) > 0xE0000
    ]
    return covered.issuperset(_within_markup(written, start, told))


def _within_markup(written: str, start: int, told: Sequence[int]) -> Sequence[int]:
    """Without the tag, quote or bracket that stands outside of the value, and the sentence around one in base64 is all of it."""
    frame = re.match(r'<[^>]*>|"[\\"{a-z:\s]*', written)
    low = start + frame.end() if frame else start
    tail = re.search(r"<[^>]*>\Z", written)
    high = start + tail.start() if tail else start + len(written)
    return [place for place in told if low <= place < high]


def shares(scan: Scan) -> Mapping[str, Mapping[str, bool]]:
    """For every way, whether the value of every type that it fits was found whole."""
    return {way.name: {value.name: found_whole(scan, way, value) for value in values() if way.fits(value)} for way in WAYS}


def _main() -> None:
    table = shares(scanner())
    for name, row in table.items():
        missed = ", ".join(value for value, found in row.items() if not found)
        print(f"{'-' if name in UNCURED else ' '} {name:40s} {sum(row.values()):2d}/{len(row):2d}  {missed}")
    cured = [row for name, row in table.items() if name not in UNCURED]
    for title, rows in (("all ways", list(table.values())), ("with a cure", cured)):
        share = sum(sum(row.values()) / len(row) for row in rows) / len(rows)
        print(f"{title}: {share:.3f} found whole, complete in {sum(all(row.values()) for row in rows)} of {len(rows)}")


if __name__ == "__main__":
    _main()
