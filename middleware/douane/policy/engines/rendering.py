# SPDX-License-Identifier: Apache-2.0
"""Values as text and back: Rego's `sprintf`, `json.*`, `base64*` and `urlquery.*`, as OPA writes and reads them.

`sprintf` takes the verbs that say what they mean (`%s %d %v %x %X %o %b %%`): OPA writes `%!d(string=x)` for others, this raises.
"""

import base64
import json
import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote_plus, unquote_to_bytes

from douane.policy.engines.arguments import LARGEST, Scalar, faithful, ordered, text, whole
from douane.policy.engines.crossing import obstacle

__all__ = ["EXTENSIONS"]

_VERB = re.compile(r"%(%|([-+0]*)([0-9]{0,3})([sdvxXob]))|%")
_ESCAPED = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(==)?|[A-Za-z0-9+/]{3}(=)?)?")
_URL = str.maketrans("-_", "+/")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _sprintf(template: object, values: object) -> str:
    if not isinstance(values, list):
        raise TypeError("the values of `sprintf` are no array")
    left = iter(values)

    def written(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        if match[1] is None:
            raise ValueError("a verb of `sprintf` is not one of %s, %d, %v, %x, %X, %o, %b")
        flags, width, verb = match[2], match[3], match[4]
        try:
            value = next(left)
        except StopIteration:
            raise ValueError("`sprintf` has fewer values than verbs") from None
        if verb == "d":
            return f"%{flags}{width}d" % whole(value, 2**63 - 1)
        if flags.strip("-"):
            raise ValueError("a flag of `sprintf` is for whole numbers only")
        if verb in "xXob":
            if flags or width:
                raise ValueError("a verb of `sprintf` takes no width")
            return format(whole(value, 2**63 - 1), verb)
        if verb == "s" and isinstance(value, int | float) and not isinstance(value, bool):
            raise TypeError("a number is given to `%s`; use `%d`")
        return f"%{flags}{width}s" % (value if isinstance(value, str) else _term(value))

    told = _VERB.sub(written, text(template))
    if next(left, left) is not left:
        raise ValueError("`sprintf` has more values than verbs")
    return told


def _term(value: object) -> str:
    """A value as Rego writes it."""
    faithful(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(_term(part) for part in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_term(key)}: {_term(value[key])}' for key in ordered(value))}}}"
    if isinstance(value, set):
        return f"{{{', '.join(_term(part) for part in ordered(value))}}}" if value else "set()"
    return _scalar(value)


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(whole(value, 2**63 - 1))


def _quoted(value: str) -> str:
    # What is printable is a matter of the edition of Unicode; a character of an old one is printable in each.
    if not value.isprintable() or (not value.isascii() and any(unicodedata.ucd_3_2_0.category(one) == "Cn" for one in value)):
        raise ValueError("a string in a composite value has a character that engines may write differently")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _marshal(value: object) -> str:
    faithful(value)
    return _json(value)


def _json(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).translate(_ESCAPED)
    if isinstance(value, list):
        return f"[{','.join(_json(part) for part in value)}]"
    if isinstance(value, set):
        return f"[{','.join(_json(part) for part in ordered(value))}]"
    if isinstance(value, dict):
        named = {_name(key): part for key, part in value.items()}
        if len(named) != len(value):
            raise ValueError("two keys of an object have one name in JSON")
        return f"{{{','.join(f'{_json(name)}:{_json(named[name])}' for name in sorted(named))}}}"
    return _scalar(value)


def _name(key: Scalar) -> str:
    return key if isinstance(key, str) else _scalar(key)


def _unmarshal(written: object) -> object:
    source = text(written)
    if obstacle(source):
        raise ValueError(f"an argument cannot be read as JSON: {obstacle(source)}")
    value = json.loads(source, parse_constant=_no_number)
    if "\\u" in source and obstacle(json.dumps(value, ensure_ascii=False)):
        raise ValueError("an argument holds half of a surrogate pair")
    return value


def _is_json(written: object) -> bool:
    if not isinstance(written, str):
        return False
    try:
        json.loads(written, parse_int=str, parse_float=str, parse_constant=_no_number)
    except ValueError:
        return False
    return True


def _no_number(word: str) -> object:
    raise ValueError("a constant is not of JSON")


def _to_number(value: object) -> int:
    if value is None or isinstance(value, bool):
        return int(bool(value))
    if isinstance(value, str):
        if not re.fullmatch(r"0|-?[1-9][0-9]{0,15}", value):
            raise ValueError("an argument is no whole number in text")
        return whole(int(value))
    return whole(value, max(LARGEST, 2**63 - 1))


def _from_base64(written: object) -> str:
    """Ends of lines are skipped. Raises `ValueError` too for bytes that are no UTF-8."""
    return _decoded(text(written), needs_padding=True)


def _from_base64url(written: object) -> str:
    """With padding or without."""
    source = text(written)
    if set(source) & set("+/\r\n"):
        raise ValueError("an argument is no base64url")
    return _decoded(source.translate(_URL), needs_padding=False)


def _decoded(source: str, *, needs_padding: bool) -> str:
    source = source.replace("\r", "").replace("\n", "")
    found = _BASE64.fullmatch(source)
    missing = -len(source) % 4
    if found is None or (missing and (needs_padding or "=" in source)):
        raise ValueError("an argument is no base64")
    return base64.b64decode(source + "=" * missing).decode()


def _is_base64(written: object) -> bool:
    source = text(written).replace("\r", "").replace("\n", "")
    return _BASE64.fullmatch(source) is not None and len(source) % 4 == 0


def _unescaped(written: object) -> str:
    source = text(written)
    if _BROKEN_ESCAPE.search(source):
        raise ValueError("an argument has a `%` that begins no escape")
    return unquote_to_bytes(source.replace("+", " ")).decode()


def _unescaped_object(written: object) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in text(written).split("&"):
        if ";" in part:
            raise ValueError("an argument has a semicolon where parameters are separated by `&`")
        if part:
            name, _, value = part.partition("=")
            found.setdefault(_unescaped(name), []).append(_unescaped(value))
    return found


def _escaped(value: object) -> str:
    return quote_plus(text(value))


def _escaped_object(parameters: object) -> str:
    if not isinstance(parameters, dict):
        raise TypeError("an argument is no object")
    pairs: list[str] = []
    for name in sorted(map(text, parameters)):
        values = parameters[name]
        parts = values if isinstance(values, list) else sorted(map(text, values)) if isinstance(values, set) else [values]
        pairs += [f"{_escaped(name)}={_escaped(part)}" for part in parts]
    return "&".join(pairs)


EXTENSIONS: Mapping[str, tuple[int, object]] = {
    "base64.decode": (1, _from_base64),
    "base64.is_valid": (1, _is_base64),
    "base64url.decode": (1, _from_base64url),
    "json.is_valid": (1, _is_json),
    "json.marshal": (1, _marshal),
    "json.unmarshal": (1, _unmarshal),
    "sprintf": (2, _sprintf),
    "to_number": (1, _to_number),
    "urlquery.decode": (1, _unescaped),
    "urlquery.decode_object": (1, _unescaped_object),
    "urlquery.encode": (1, _escaped),
    "urlquery.encode_object": (1, _escaped_object),
}
