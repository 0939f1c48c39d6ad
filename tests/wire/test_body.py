# SPDX-License-Identifier: Apache-2.0
"""A body: read strictly, rewritten without touching what nobody edits."""

import contextlib
import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.errors import BodyRejected
from douane.wire.body import Body, BodyLimits, decode_content

LIMITS = BodyLimits(1_000_000, 64, 50_000)
SCALARS = st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20)


def parse(text: str | bytes) -> Body:
    return Body.parse(text.encode() if isinstance(text, str) else text, LIMITS)


@given(JSON, st.sampled_from([None, 1]), st.booleans())
def test_valid_json_is_read_as_it_is(value: Any, indent: int | None, is_ascii: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    assert parse(text).tree == json.loads(text)


@given(st.binary(max_size=200))
def test_whatever_is_sent_is_read_or_rejected(raw: bytes) -> None:
    try:
        parse(raw)
    except BodyRejected as rejected:
        assert rejected.status == 400


@given(st.text(alphabet='{}[]",:\\0aé \n', max_size=60))
def test_whatever_looks_like_json_is_read_or_rejected(text: str) -> None:
    try:
        tree = parse(text).tree
    except BodyRejected:
        return
    assert tree == json.loads(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b'{"a": 1} x', "invalid_json"),
        (b"\xef\xbb\xbf{}", "invalid_json"),
        (b'"\xff"', "invalid_json"),
        ('{"a": "é"}'.encode("utf-16"), "invalid_json"),
        (b'{"a": NaN}', "invalid_number"),
        (b"[Infinity]", "invalid_number"),
        (b"[-Infinity]", "invalid_number"),
        (b"[1e400]", "invalid_number"),
        (b"[" + b"9" * 5000 + b"]", "invalid_number"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"x": [{"a": 1, "\\u0061": 2}]}', "duplicate_key"),
        (b'"\\ud800"', "lone_surrogate"),
        (b'{"\\udc00": 1}', "lone_surrogate"),
        (b'["\\ud800\\ud800\\udc00"]', "lone_surrogate"),
        (b"[" * 65 + b"]" * 65, "too_deep"),
        (b"[" * 40_000, "too_deep"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "too_deep"),
        (b'{"a": "\t"}', "invalid_json"),
    ],
)
def test_a_body_that_two_readers_might_read_differently_is_rejected(text: bytes, code: str) -> None:
    with pytest.raises(BodyRejected) as caught:
        parse(text)
    assert (caught.value.status, caught.value.code) == (400, code)


def test_whole_surrogate_pairs_pass() -> None:
    assert parse(b'"\\ud83d\\ude00"').tree == "😀"


def test_brackets_inside_strings_are_not_depth() -> None:
    assert parse(json.dumps(["[" * 1000])).tree == ["[" * 1000]


def test_a_body_over_its_limits_is_rejected_before_it_is_read() -> None:
    for raw, code in ((b'"' + b"a" * 1_000_000 + b'"', "body_too_large"), (b"[" + b"1," * 60_000 + b"1]", "too_many_values")):
        with pytest.raises(BodyRejected) as caught:
            parse(raw)
        assert (caught.value.status, caught.value.code) == (413, code)


def test_no_message_and_no_repr_quotes_the_body() -> None:
    for text in ('{"anna": 1, "anna": 2}', '{"anna": NaN}', '{"anna": anna}', '"anna\\ud800"'):
        with pytest.raises(BodyRejected) as caught:
            parse(text)
        assert "anna" not in str(caught.value)
    assert "anna" not in repr(parse('{"anna": 1}'))


# Rewriting


def places(value: Any, pointer: str = "") -> list[str]:
    inner: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inner = [(name.replace("~", "~0").replace("/", "~1"), part) for name, part in value.items()]
    elif isinstance(value, list):
        inner = [(str(index), part) for index, part in enumerate(value)]
    return [pointer, *(place for token, part in inner for place in places(part, f"{pointer}/{token}"))]


def edited(value: Any, pointer: str, change: Any) -> Any:
    """The oracle: the same edit on the value; `change` is a new value, or `...` to remove."""
    if not pointer:
        return change
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    at = value
    for token in tokens[:-1]:
        at = at[int(token)] if isinstance(at, list) else at[token]
    key: Any = int(tokens[-1]) if isinstance(at, list) else tokens[-1]
    if change is ...:
        del at[key]
    else:
        at[key] = change
    return value


@given(JSON, st.sampled_from([None, 1]))
def test_a_rewrite_without_edits_changes_no_byte(value: Any, indent: int | None) -> None:
    body = parse(json.dumps(value, indent=indent))
    assert body.rewrite() == body.raw


@given(JSON, st.data(), SCALARS, st.sampled_from([None, 1]), st.booleans())
def test_a_value_is_replaced_where_its_pointer_points(value: Any, data: st.DataObject, new: Any, indent: int | None, asc: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=asc)
    pointer = data.draw(st.sampled_from(places(value)))
    assert json.loads(parse(text).rewrite(values={pointer: new})) == edited(json.loads(text), pointer, new)


@given(JSON, st.data(), st.sampled_from([None, 1]))
def test_a_member_is_removed_with_its_comma(value: Any, data: st.DataObject, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    pointers = places(value)[1:]
    if pointers:
        pointer = data.draw(st.sampled_from(pointers))
        assert json.loads(parse(text).rewrite(removed=[pointer])) == edited(json.loads(text), pointer, ...)


@given(st.lists(st.integers(), max_size=8), st.sets(st.integers(0, 9)))
def test_any_set_of_elements_can_be_removed(value: list[int], gone: set[int]) -> None:
    out = parse(json.dumps(value)).rewrite(removed=[f"/{index}" for index in gone])
    assert json.loads(out) == [item for index, item in enumerate(value) if index not in gone]


@given(st.dictionaries(st.text(), SCALARS, max_size=5), st.text(), SCALARS)
def test_a_missing_member_is_added(value: dict[str, Any], name: str, new: Any) -> None:
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    assert json.loads(parse(json.dumps(value)).rewrite(values={pointer: new})) == {**value, name: new}


def test_what_is_not_edited_stays_byte_for_byte() -> None:
    raw = b'{ "n" : 1.10,\t"big":12345678901234567890123, "e":"\\u00e9\\/", "m":["x" , "y"],"t":"old" }'
    assert parse(raw).rewrite(values={"/t": "new"}) == raw.replace(b'"old"', b'"new"')


def test_removal_and_addition_meet_in_one_object() -> None:
    body = parse('{"a": 1, "b": 2, "c": 3}')
    assert json.loads(body.rewrite(values={"/d": 4}, removed=["/b", "/c"])) == {"a": 1, "d": 4}
    assert json.loads(body.rewrite(values={"/d": 4}, removed=["/a", "/b", "/c"])) == {"d": 4}


def test_a_key_is_renamed_and_its_value_edited_under_the_old_name() -> None:
    body = parse('{"x": {"anna": "old", "z": 1}}')
    out = body.rewrite(values={"/x/anna": "new"}, keys={"/x/anna": "PERSON_abcde"})
    assert json.loads(out) == {"x": {"PERSON_abcde": "new", "z": 1}}


def test_edits_inside_something_removed_are_dropped() -> None:
    assert parse('{"a": {"b": 1}}').rewrite(values={"/a/b": 2}, removed=["/a"]) == b"{}"


def test_a_rename_onto_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="one name"):
        parse('{"a": 1, "b": 2}').rewrite(keys={"/a": "b"})


@pytest.mark.parametrize("pointer", ["/a/b", "/x/y", "/l/7", "a"])
def test_a_place_that_does_not_exist_is_a_lookup_error(pointer: str) -> None:
    with pytest.raises(LookupError):
        parse('{"a": 1, "l": []}').rewrite(values={pointer: 2})


# Content codings


@pytest.mark.parametrize(
    ("encoding", "raw"),
    [
        ("gzip", gzip.compress(b"[1]")),
        ("GZIP ", gzip.compress(b"[1") + gzip.compress(b"]")),
        ("deflate", zlib.compress(b"[1]")),
        ("deflate", zlib.compress(b"[1]", wbits=-15)),
        ("identity", b"[1]"),
    ],
)
def test_a_compressed_body_is_decoded(encoding: str, raw: bytes) -> None:
    assert decode_content(raw, encoding, LIMITS) == b"[1]"


def test_a_bomb_is_stopped_at_the_limit() -> None:
    with pytest.raises(BodyRejected) as caught:
        decode_content(gzip.compress(b"0" * 50_000_000), "gzip", LIMITS)
    assert caught.value.status == 413


@pytest.mark.parametrize(("encoding", "raw"), [("gzip", b"no"), ("gzip", gzip.compress(b"[1]")[:-9]), ("deflate", b"\xff\xff")])
def test_a_broken_coding_is_rejected(encoding: str, raw: bytes) -> None:
    with pytest.raises(BodyRejected) as caught:
        decode_content(raw, encoding, LIMITS)
    assert caught.value.code == "invalid_encoding"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x"])
def test_an_unknown_coding_is_refused(encoding: str) -> None:
    with pytest.raises(BodyRejected) as caught:
        decode_content(b"[1]", encoding, LIMITS)
    assert caught.value.status == 415


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate"]))
def test_decoding_garbage_is_rejected_or_ends(raw: bytes, encoding: str) -> None:
    with contextlib.suppress(BodyRejected):
        decode_content(raw, encoding, LIMITS)


CHUNKS = (
    '{"c":[{"d":{"content":"%s","role":"x"}}],"n":1.0}',
    '{"c" : [ {"d": {"content": "%s"}, "é":"x"} ]}',
    '{"c":[{"d":{"content":"%s"},"e":"content"}]}',
    '{"c":[{"d":{"content":"%s"},"e":{"content": "%s"}}]}',
    '{"c":[{"d":{"content": "%s"},"e":{"content":"%s"}}]}',
    '{"c":[{"d":{"content" :"%s"},"e":{"x":"%s"}}]}',
    '{"c":[{"e":{"a\\"content":"%s"},"d":{"content":"%s"}}]}',
)


@given(
    st.sampled_from(CHUNKS),
    st.text(alphabet="ab é:,{}", max_size=6),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=6),
)
def test_one_string_is_replaced_at_its_place_alone(form: str, old: str, new: str) -> None:
    body = parse(form.replace("%s", old))
    after = json.loads(body.rewrite(values={"/c/0/d/content": new}))
    expected = json.loads(body.raw)
    expected["c"][0]["d"]["content"] = new
    assert after == expected
