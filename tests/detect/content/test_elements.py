# SPDX-License-Identifier: Apache-2.0
"""HTML that acts by itself is found by the tag that begins it; what only shows is not."""

import pytest

from douane.detect.content.elements import find


def rules(text: str) -> list[tuple[str, str, str]]:
    return [(span.type, span.rule, text[span.start : span.end]) for span in find(text)]


@pytest.mark.parametrize(
    ("tag", "type_", "rule"),
    [
        ("<img src=https://x.example/a>", "HTML_ELEMENT", "html.img"),
        ("<IMG/SRC='//x.example/a' alt='a > b'>", "HTML_ELEMENT", "html.img"),
        ("<iframe src='a.html'>", "HTML_ELEMENT", "html.iframe"),
        ("<form action=https://x.example>", "HTML_ELEMENT", "html.form"),
        ("<base href='https://x.example/'>", "HTML_ELEMENT", "html.base"),
        ("<link rel=stylesheet href=//x.example/a.css>", "HTML_ELEMENT", "html.link"),
        ("<object data=x.swf>", "HTML_ELEMENT", "html.object"),
        ("<style>", "HTML_ELEMENT", "html.style"),
        ("<button formaction=https://x.example>", "HTML_ELEMENT", "html.button"),
        ('<meta http-equiv="refresh" content="0;url=https://x.example">', "HTML_ELEMENT", "html.refresh"),
        ("<p style=\"background:url('https://x.example/a')\">", "HTML_ELEMENT", "html.css"),
        ("<table background=//x.example/a>", "HTML_ELEMENT", "html.css"),
        ("<script>", "SCRIPT", "script.element"),
        ("<script src=a.js>", "SCRIPT", "script.element"),
        ("<svg/onload=alert(1)>", "SCRIPT", "script.handler"),
        ("<x-y title='a'onmouseover = 'b'>", "SCRIPT", "script.handler"),
        ("<details open ontoggle=a()>", "SCRIPT", "script.handler"),
        ("<a href='javascript:alert(1)'>", "SCRIPT", "script.url"),
        ("<a href=' java\nscript:alert(1)'>", "SCRIPT", "script.url"),
        ("<a href='&#x6a;avascript&colon;alert(1)'>", "SCRIPT", "script.url"),
        ("<iframe src='data:text/html,a'>", "SCRIPT", "script.url"),
    ],
)
def test_a_tag_that_acts_is_found_whole(tag: str, type_: str, rule: str) -> None:
    assert rules(f"see {tag} and on") == [(type_, rule, tag)]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("[x](javascript:alert(1)) and", "javascript:alert(1)"),
        ("[x]( <JavaScript:alert(1)> )", "JavaScript:alert(1)"),
        ("[x](&#106;avascript:a)", "&#106;avascript:a)"[:-1]),
        ("[x]: vbscript:a\n", "vbscript:a"),
        ("<javascript:a()>", "javascript:a()"),
        ("[x](data:text/html;base64,PHA+)", "data:text/html"),
    ],
)
def test_a_link_that_is_a_program_is_found(text: str, address: str) -> None:
    assert ("SCRIPT", "script.url", address) in rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "a < b and b > c, i <3 you, List<String> x = new ArrayList<>(), if (a <b && c> d) x = 1",
        "<b>bold</b> <a href='https://example.org'>a</a> <p class='x'> <h1 id=\"t\"> <table> <td colspan=2> </script>",
        "JavaScript: The Good Parts; [js](https://example.org/javascript:x)",
        "use the <img> and the <iframe> tag",
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0"/>',
        "<meta charset=utf-8> <input name=a> <imgx src=//x> <p title=' onclick=a '>",
    ],
)
def test_what_only_shows_is_left(text: str) -> None:
    assert rules(text) == []


def test_a_picture_of_ones_own_scores_low() -> None:
    assert [span.score < 0.5 for span in find("<img src=logo.png> <img src=https://x.example/logo.png>")] == [True, False]


def test_a_tag_that_never_ends_is_found_as_far_as_it_is_looked_at() -> None:
    for text in ("<img src='" + "a" * 5000, "<img src=//x" + " a" * 5000, "<p onclick=a" + " b" * 5000):
        (span,) = find(text)
        assert span.start == 0
        assert 500 < span.end <= 1024


def test_a_tag_within_a_tag_is_found_too() -> None:
    assert [rule for _, rule, _ in rules("<b <img src=//x.example>")] == ["html.img"]
