# SPDX-License-Identifier: Apache-2.0
"""Pictures that are fetched, and addresses that carry data."""

import base64

import pytest

from douane.detect.content.links import LINK, find

SECRET = base64.urlsafe_b64encode(b"the password is hunter two").decode()


def rules(text: str) -> list[tuple[str, str]]:
    return [(span.rule, text[span.start : span.end]) for span in find(text)]


@pytest.mark.parametrize(
    ("image", "rule"),
    [
        ("![a](https://x.example/p.png)", "image.remote"),
        ("![](//x.example/p.png)", "image.remote"),
        ("![a [b] c](<http://x.example/p q.png> 'a title')", "image.remote"),
        ("![a\nb](\n https://x.example/p_(1).png)", "image.remote"),
        ("![a](\\\\x.example/p.png)", "image.remote"),
        ("![a](HTTPS://x.example/p.png?d=words)", "image.query"),
        (f"![a](https://x.example/{SECRET}.png)", "image.query"),
        ("![a][b]", "image.reference"),
        ("![a][]", "image.reference"),
    ],
)
def test_a_picture_that_is_fetched_is_found_whole(image: str, rule: str) -> None:
    assert (rule, image) in rules(f"Here it is: {image}, see?")


@pytest.mark.parametrize(
    "text",
    [
        "![a](chart.png) ![a](data:image/png;base64,iVBORw0KGgo=) ![a](sandbox:/mnt/x.png) ![a](attachment:x.png)",
        "really![1] no](https://x.example/p)",
        "#![feature(x)][y]",
        "vec![1, 2][0]",
        "[a](https://x.example/p.png)",
        "see [1] and [2](#there), or https://example.org/a/path/of-some-length/with-a-page.html#a-heading-of-it",
        "https://www.example.org/search?q=what+is+it",
        "https://example.org/files/A%20Long%20Name%20Of%20A%20File.pdf",
    ],
)
def test_what_fetches_nothing_is_left(text: str) -> None:
    assert rules(text) == []


@pytest.mark.parametrize(
    "address",
    [
        f"https://x.example/c?d={SECRET}",
        f"https://x.example/{SECRET}/p",
        "https://x.example/c?d=" + "".join(f"%{byte:02x}" for byte in b"hunter two is it"),
        "https://x.example/c?d=the%20password%20is%20hunter%20two",
        "https://x.example/c?id=" + "a1B2c3D4" * 9,
    ],
)
def test_an_address_that_carries_data_is_found_in_a_link_and_bare(address: str) -> None:
    for text in (f"[more]({address}).", f"see {address} and", f"[r]: {address}\n", f"<{address}>"):
        assert ("link.data", address) in rules(text)
    assert {span.type for span in find(f"see {address} and")} == {LINK}


def test_a_picture_whose_text_is_too_long_to_be_seen_is_found_by_its_address() -> None:
    assert rules("![" + "a" * 300 + "](https://x.example/p)") == [("image.remote", "](https://x.example/p)")]


def test_of_an_address_without_end_so_much_is_found_that_nothing_is_fetched() -> None:
    text = "![a](https://x.example/?" + "a" * 5000 + ")"
    (span, *_) = find(text)
    assert (span.start, span.rule) == (0, "image.query")
    assert span.end > 1000


def test_a_picture_in_a_block_of_code_is_told_apart() -> None:
    (fenced,) = find("```md\n![a](https://x.example/p)\n```")
    assert (fenced.rule, fenced.score < 0.5) == ("image.remote.in_code", True)
