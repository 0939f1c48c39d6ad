# SPDX-License-Identifier: Apache-2.0
"""Code is what CommonMark leaves no doubt about; every doubt, and every trick, is text."""

import pytest

from douane.detect.content.code import in_code

TAG = "<script>"


def is_code(text: str) -> bool:
    start = text.index(TAG)
    return in_code(text, start, start + len(TAG))


@pytest.mark.parametrize(
    "text",
    [
        f"```html\n{TAG}\n```",
        f"So:\n\n```html\n<p>\n\n{TAG}\n```\n",
        f"~~~ html\n{TAG}\n~~~",
        f"- so\n  ```html\n  <p>\n\n  {TAG}\n  ```",
        f"the `{TAG}` tag",
        f"`a`, `b` and ``{TAG} ` `` too",
        f"the <b> and `{TAG}` tags",
        "word " * 60 + f"\n\nthe `{TAG}` tag",
    ],
)
def test_code_is_told_apart(text: str) -> None:
    assert is_code(text)


@pytest.mark.parametrize(
    "text",
    [
        f"so {TAG}",
        f"```\n{TAG}\n```",  # could be the end of a block
        f"```html\n<p>\n```\n{TAG}",
        f"```html\n<p>\n```\nx ```js\n{TAG}",
        f"```html {TAG}",
        f"<div>\n```html\n{TAG}",  # a block of HTML goes on up to an empty line
        f"<pre>\n\n```html\n{TAG}",  # and some go on over it
        f"<!--\n\n```html\n{TAG}",
        f"- so\n  ```html\n{TAG}",  # the block ends with the item
        f"> ```html\n{TAG}",
        f"`a` {TAG} `b`",
        f"` {TAG} and on",
        f"` {TAG}\n`",
        f"`` {TAG} `",
        f"# a `\n{TAG} `",  # a heading ends with its line
        f"| ` | {TAG} ` |",  # and a cell before its backtick
        rf"\` {TAG} `",
        f'<a title="`"> {TAG} `',
        f"<a `> {TAG} `",
        "`" + "word " * 60 + f"`{TAG}`",  # a line whose beginning is too far away
        "```html\n" + "<p>\n" * 60 + TAG,
    ],
)
def test_every_doubt_is_text(text: str) -> None:
    assert not is_code(text)
