# SPDX-License-Identifier: Apache-2.0
"""Technical text that holds nothing personal: made here, the same on every Python, and the source of the standard library that runs it."""

import importlib.util
import random
import re
from collections.abc import Mapping
from pathlib import Path

from quality_sample import Sample

__all__ = ["STANDARD_LIBRARY", "generated", "standard_library"]

STANDARD_LIBRARY = "standard library"
_PIECE = 4000
_WORDS = (
    "worker",
    "queue",
    "cache",
    "order",
    "batch",
    "index",
    "shard",
    "token",
    "retry",
    "region",
    "handler",
    "parser",
    "buffer",
    "session",
)
_FIELD = re.compile(r"<(?:([123])(T?)|(t)|([nhf])(\d+))>")
# By kind, what a line may be: <1> to <3> are words, <1T> with a capital; <t> is a time, <n6> a number of at most six digits, <f4> one with
# a fraction of four, <h32> 32 hexadecimal digits.
_LINES: Mapping[str, tuple[str, ...]] = {
    "logs": (
        "<t> INFO [<1>.<2>] finished <3>-<n2> in <n6> ms trace=<h32>",
        "<t> DEBUG [<1>.<2>] <3>-<n2> holds <n5> entries trace=<h32>",
        "<t> WARNING [<1>.<2>] no answer from <3>-<n2>, retrying after <n4> s trace=<h32>",
        "<t> ERROR [<1>] flushed <3>-<n2>, <n7> bytes, offset=<n9> pid=<n5>",
    ),
    "access logs": (
        'localhost - - "GET /v2/<1>s/<n7>?page=<n2>&sig=<h24> HTTP/1.1" 200 <n6> "-" "curl/8.<n2>.<n1>" <f6>',
        'localhost - - "POST /v1/<1>s/<n7>/<2> HTTP/1.1" 201 <n6> "-" "python-requests/2.<n2>.<n1>" <f6>',
        'localhost - - "DELETE /v1/<1>s/<h24> HTTP/2" 404 <n4> "-" "-" <f6>',
    ),
    "JSON lines": (
        '{"ts": 17<n9>, "id": "<h24>", "kind": "<1>", "size": <n9>, "ratio": <f6>, "tags": ["<2>", "<3>"], "ok": true}',
        '{"time": "<t>", "level": "info", "msg": "<1> <2>", "took_ms": <n4>, "bytes": <n8>, "span": "<h16>"}',
    ),
    "YAML": (
        "  - name: <1>-<n2>\n    image: registry.example.org/<1>:<n1>.<n2>.<n2>\n    replicas: <n1>\n    ports: [<n5>, <n5>]",
        "    limits: {cpu: <n4>m, memory: 512Mi}\n    checksum/config: <h64>\n    env: [{name: <2>, value: <n3>}]",
    ),
    "lock files": (
        '[[package]]\nname = "<1>-<2>"\nversion = "<n1>.<n2>.<n1>"',
        'wheels = [{ file = "<1>_<2>-<n1>.<n2>.<n1>-py3-none-any.whl", hash = "sha256:<h64>", size = <n6> }]',
    ),
    "tables of figures": (
        "<n6> | <f2> | <n3> | <f4> | <n9> | <n5>",
        "<n6>\t<f2>\t<n3>\t<f4>\t<n9>\t<n5>",
        "<n6>, <f2>, <n3>, <f4>, <n9>, <n5>",
        "<n6>; <f2>; <n3>; <f4>; <n9>; <n5>",
    ),
    "SQL": (
        "INSERT INTO <1>s (id, <2>_id, created_at, digest) VALUES (<n8>, <n8>, '<t>', '<h40>');",
        "SELECT <1>, count(*) FROM <2>s WHERE <3>_id IN (<n6>, <n7>, <n8>) AND size > <n9> GROUP BY <1>;",
    ),
    "Python": (
        "def <1>_<2>(self, <3>: <3T>, limit: int = <n4>) -> <1T><2T>:",
        '    """Gives the <2> of a <3>. Raises `<1T>Error` where the <3> is closed."""',
        "    if <3>.<2> is None or <3>.size > 0x<h8>:",
        '        raise <1T>Error("<1> <n2> failed: %s", <3>.id)  # see <1>.py:<n3>',
        "    return <1T><2T>(<3>.<2>[<n2> : limit], key=lambda <1>: <1>.<2>)",
    ),
}
_MODULES = """
argparse ast asyncio.base_events calendar collections concurrent.futures.process configparser csv dataclasses datetime decimal
difflib doctest email.message enum fractions ftplib functools hashlib heapq html.parser http.client http.cookiejar imaplib inspect
ipaddress json.decoder locale logging.handlers mailbox mimetypes multiprocessing.managers ntpath optparse os pathlib pdb pickle
pickletools platform plistlib posixpath pprint pydoc random sched shutil smtplib socket ssl statistics subprocess tarfile tempfile
textwrap threading tokenize traceback typing unittest.mock urllib.parse urllib.request uuid xml.dom.minidom zipfile
"""


def generated() -> list[Sample]:
    """Logs, access logs, JSON lines, YAML, lock files, tables of figures, SQL and code; some 24 kB of each."""
    made = []
    for name, shapes in _LINES.items():
        drawn = random.Random(f"technical {name}")
        text = ""
        while len(text) < 6 * _PIECE:
            text += _line(drawn.choice(shapes), drawn) + "\n"
        made += [Sample(name, text[start : start + _PIECE]) for start in range(0, 6 * _PIECE, _PIECE)]
    return made


def standard_library() -> list[Sample]:
    """The source of many modules; another with every Python, so that what is found there is held to a bound only."""
    made = []
    for name in _MODULES.split():
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None and spec.origin.endswith(".py"):
            text = Path(spec.origin).read_text(encoding="utf-8")
            made += [Sample(STANDARD_LIBRARY, text[start : start + _PIECE]) for start in range(0, len(text), _PIECE)]
    return made


def _line(shape: str, drawn: random.Random) -> str:
    words = drawn.sample(_WORDS, 3)

    def part(match: re.Match[str]) -> str:
        word, is_title, is_time, kind, size = match.groups()
        if word:
            return words[int(word) - 1].title() if is_title else words[int(word) - 1]
        if is_time:
            day = f"2026-{drawn.randint(1, 12):02}-{drawn.randint(1, 28):02}"
            return f"{day}T{drawn.randint(0, 23):02}:{drawn.randint(0, 59):02}:{drawn.randint(0, 59):02}.{drawn.randint(0, 999):03}Z"
        digits = int(size)
        if kind == "h":
            return f"{drawn.getrandbits(4 * digits):0{digits}x}"
        return str(drawn.randrange(10**digits)) if kind == "n" else f"{drawn.randrange(1000)}.{drawn.randrange(10**digits):0{digits}}"

    return _FIELD.sub(part, shape)
