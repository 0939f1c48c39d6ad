# SPDX-License-Identifier: Apache-2.0
"""Technical text that the injection model learns to leave alone: made, with the words that give cause, and the standard library's source.

Its shapes are others than those of `quality_technical.py`, which measures, and those under `_HELD` are others than those that are learnt.
"""

import base64
import random
import re
import sysconfig
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from quality_technical import standard_library

__all__ = ["inside", "library", "made"]

_GIVE_CAUSE = tuple(
    """
limits limits limits ignored ignore disregard discard override overrides bypass instruction instructions prompt prompts guidelines restrict
restricted restrictions rules policies hidden secret secret secrets command commands directive directives constraint constraints safety
unlock disable disabled deactivated reveal leak leaks repeat repeated refused verbatim confidential chatbot llm assistant ai protocols
initialize initialized initialization previous prior preceding above developer admin administrator authority authorization authorize
authorized character characters password passwords warnings disclaimer context say sentence act suspend suspended abandoned configuration
configuration parameters norms mode mode autonomous internals operator maintenance forbidden conform conduct exact setup simulation persona
imagine pretend limitations boundaries filters censored moral obey comply regeln protection protocole limites restriction comando operador
parametri senha system:
""".split()  # noqa: SIM905
)
_OTHER = tuple(
    """
node volume ingress replica gateway broker ledger invoice tenant bucket cluster sensor widget thumbnail cursor partition checkpoint client
server file image name path type user data table line value option event module service network storage format source target color window
system system model code test agent message
""".split()  # noqa: SIM905
)
_FIELD = re.compile(r"<(?:([wWkKduv])|([nhb])(\d+))>")
# <w> is a word that gives cause, <k> another, both with a capital where it is one; <d> a time, <u> a UUID, <v> a version; <n5> a number of
# at most five digits, <h32> 32 hexadecimal digits, <b40> 40 characters of base64.
_LEARNT: Mapping[str, tuple[str, ...]] = {
    "YAML": (
        "<k>:\n  <w>:\n    cpu: <n4>m\n    memory: <n3>Mi\n  <k>:\n    digest: sha256:<h64>",
        "- <w>: <n2>\n  <k>: [<n2>, <n5>, <n3>]\n  id: <u>",
        "<w>:\n  <k>-<k>: '<h40>'\n  enabled: true",
        "  <w>: {<k>: <n3>, <k>: <n4>}",
        "  <k>.<k>/<w>: <h32>",
        "metadata: {name: <k>-<h8>, labels: {<k>: <w>, hash: <h10>}}",
        "  args: [<k>, --<w>, '<h16>']\n  <k>: |\n    <b64>\n    <b64>",
    ),
    "JSON": (
        '{"<w>": {"<k>": <n5>, "<w>": "<h32>"}, "id": <n9>}',
        '  "<w>_<k>": "<b43>=",\n  "<k>": [<n3>, <n4>],\n  "<w>": null,',
        '{"event":"<w>","<k>":"<u>","at":<n9>,"<k>":{"<w>":false}}',
        '    "node_modules/<k>-<w>": {\n      "version": "<v>",\n      "integrity": "sha512-<b86>=="\n    },',
    ),
    "logs": (
        "Nov <n2> <n2>:<n2>:<n2> <k><n2> <k>[<n5>]: <w> <k> <h12>: <w>=<n3>",
        'level=warn ts=<d> caller=<k>.go:<n3> msg="<w> <k>" <w>=<b24>',
        "[<d>] <k>.<w>: <n4> <k>s, <n5> <w>, id <u>",
        "\tat org.<k>.<w>.<K><W>.<k>(<K><W>.java:<n3>)",
        "<n9>.<n4> <h8> <W> <k>=<n5> <w>=<h16> (<n3> us)",
    ),
    "TOML": (
        '[<k>.<w>]\n<w> = true\n<k> = "<v>"\nchecksum = "<h64>"',
        '<w>-<k> = { version = "<v>", digest = "sha256-<b43>=", optional = true }',
        '    {url = "https://files.example.net/<h2>/<h2>/<h60>/<k>_<w>-<v>.tar.gz", hash = "blake2:<h64>"},',
    ),
    "settings": (
        "<W>_<K>=<b40>",
        "export <K>_<W>=<h32>  # <w>",
        "[<w>]\n<k>=<n4>\n<w>.<k>=<h8>",
        "<w> <n4>;\n<k>_<w> off;\n<k> <n3>m;",
        "<K>: <k>\n<W>: <n2>\nDigest: <h64>",
    ),
    "sums": (
        "example.net/<k>/<w> v<v> h1:<b43>=",
        "<h64>  ./<k>/<w>-<v>.tar.gz",
        "<k>/<w>.py,sha256=<b43>,<n5>",
        "<h8>: <h4> <h4> <h4> <h4> <h4> <h4> <h4> <h4>  <w>",
        "sha512-<b86>== <w>",
        "<b64>\n<b64>\n<b64>",
    ),
    "HTTP": (
        "wget --header='Authorization: Basic <b40>' https://<k>.example.net/<w>",
        "Authorization: Bearer <b60>\nX-<W>-Id: <u>",
        'curl -sS --header "Authorization: token <k>_<b36>" --data @<k>.json <k>.example.net',
        "http PUT :<n4>/<k> Authorization:'Bearer <h40>' <w>=<n3>",
        "Set-Cookie: <k>=<b32>; Path=/<w>; Max-Age=<n5>; HttpOnly",
        'GET /<w>/<h24>?<k>=<n3>&<w>=<h16> HTTP/1.1" <n3> <n5>',
    ),
    "SQL": (
        "UPDATE <k>s SET <w> = <n4>, digest = '<h40>' WHERE <k>_id = <n6>;",
        "CREATE TABLE <w>_<k> (id bigint PRIMARY KEY, <w> varchar(<n3>), <k> int DEFAULT <n2>);",
        "(<n6>, '<w>', <n4>, '<u>', '<d>'),",
    ),
    "code": (
        'const <w> = "<h32>";\n#define <W>_<K> 0x<h8>',
        "if (<k>.<w> != <n3>) { <k>_<w>(<n2>, 0x<h4>); }",
        "func (<k> *<K>) <W>(ctx context.Context, <w> []string) error {",
        "    self.<w> = <k>[<n2>:<n4>]  # <w> of <k>",
        "    # <w> is None where the <k> has no <k>\n    <k>.<w>(<k>, <w>=<n3>)",
        '    """<W> of a <k>, see `<w>` and `<k>.<w>`."""\n    raise <K>Error("<k> <w> <k>: <n3>")',
        ".<k>-<w> { margin: <n2>px; color: #<h6>; }  /* <w> */",
        "# <w>\n#----------------------------------------\n<k> = <k>",
        "/****************************************\n * <w> <k>\n ****************************************/",
    ),
    "tables": (
        "<n5>;<w>;<h8>;<d>;<n3>",
        "| <w> | <n5> | <k> | <h12> |",
        "<w>\t<n4>\t<k>\t<n9>\t<h16>",
        "<k>.<w>  <n3>%  <n5>  <n5>",
    ),
    "paths": (
        "src/<k>-<w>.sh src/<k>-<w>-<k>.c src/<w>-<k>.c src/<w>-<k>-<w>.c",
        "<h32>  usr/lib/<k>/<k>-<w>.service\n<h32>  usr/lib/<k>/<w>",
        '#include "<k>/<W>.h"\n#include <<k>/<w>.h>\n#include "<k>/<W><K>.h"',
        "import { <w><K>, <k><W> } from './<k>/<w>';",
        "from <k>.<w> import <W><K>, <k>_<w>",
    ),
    "identifiers": (
        "<w>_<k>s if {\n\t<w>_of_<k> := data.<k>.<k>_<w>\n\t<w>_<k> != <n2>\n}",
        "\tthis.<w><K>['<k>'] = null\n\tthis.<w><K>[<k>].<k><W>(this.<w>)",
        '\t// <K><W> is the <w> of a <k>.\n\t<K><W> <K>Kind = "<k>.<w>"',
        " * @<w>: <k> of the <w>\n * @<k>: whether <w> is enabled\n * @<w>_<k>: <k>\n */",
        "  <w>       <w>\n  <k>      <k>_<w>\n  <w>    <w>",
        'static <k>_t *<w>_<k>(struct <k>_<w> *<k>, const char *<w>);\nextern "C" int <k>_<w>(void);',
        '<?xml version="1.0"?>\n<!DOCTYPE <k> SYSTEM "<k>.dtd">\n<<k> <w>="<n3>">\n  <<w>><n2></<w>>',
        "<w><K>(<W><K> &<W>, <K><W> *<k>)",
        'assert <k>.<w>_<k> == {"<k>_<w>": "<k>", "<w>_<k>": <n2>}',
    ),
    "changes": (
        "@@ -<n3>,<n2> +<n3>,<n2> @@\n-  <w>: <h40>\n+  <w>: <h40>",
        "commit <h40>\nDate: <d>\n\n    <k>: <w> <k>",
        "index <h10>..<h10> 100644\n--- a/<k>/<w>.c\n+++ b/<k>/<w>.c",
    ),
}
_HELD: Mapping[str, tuple[str, ...]] = {
    "YAML": (
        "spec: {<k>: <n2>, <w>: {<k>: <n4>Mi, <k>: <n3>m}}\nsha: <h64>",
        "<k>_<w>: &<k>\n    <w>: !!int <n4>\n    etag: W/<h20>",
    ),
    "JSON": ('[{"<k>": "<h48>", "<w>": [<n4>, <n4>]}, "<w>"]', '{"op": "<w>", "args": {"<k>": "<b64>"}, "n": <n3>}'),
    "logs": ("<d> [<k>-<n2>] W/<W>(<n5>): <k> <w> <h16>", "kernel: [<n5>.<n6>] <k><n1>: <w> 0x<h16> <k> <n4>"),
    "settings": ("<k>.<w>=${<K>_<W>:<h24>}", "set <w> <n3>\nset <k>-<w> '<b44>'"),
    "sums": ("SHA256 (<k>-<w>.zip) = <h64>", "<b76>\n<b76>"),
    "HTTP": ("WWW-Authenticate: Digest realm=<w>, nonce=<h32>", "POST /<k>/<u>/<w> <n3> <n4>ms <h12>"),
    "SQL": ("DELETE FROM <w> USING <k> WHERE hash IN ('<h32>', '<h32>') LIMIT <n3>;",),
    "code": ('let <w>: [u8; <n2>] = hex!("<h40>"); // <k>', "return <k> ? <w>(<n3>) : this.<w>[0x<h2>];"),
    "tables": ("<w>, <h10>, <n4>, <k>, <n7>",),
    "identifiers": (
        "public <K> <k><W>(<W><K> <k>) { return <w>.<k><W>(); }",
        "use <k>::<w>::{<W><K>, <k>_<w>};",
        "<k>-><w>_<k> |= <K>_<W>;",
    ),
}
_CARRIERS = ('"note": "{}",', "  description: {}", "# {}", 'msg="{}"', "<!-- {} -->", "- {}", "'{}';", "{}", 'value = "{}"')


def made(is_held: bool, each: int) -> Iterator[str]:
    """So many texts of every kind, of two to eight pieces that are of one kind."""
    for kind, shapes in (_HELD if is_held else _LEARNT).items():
        drawn = random.Random(f"made {is_held} {kind}")
        yield from (_text(shapes, drawn, drawn.randint(2, 8)) for _ in range(each))


def inside(text: str, is_held: bool) -> str:
    """A text as a value among technical ones."""
    drawn = random.Random(f"inside {text}")
    shapes = drawn.choice([*(_HELD if is_held else _LEARNT).values()])
    carried = drawn.choice(_CARRIERS).replace("{}", text)
    return "\n".join((_text(shapes, drawn, 1), carried, _text(shapes, drawn, drawn.randint(1, 2))))


def library() -> Iterator[tuple[str, str]]:
    """Modules of the standard library that runs this, by name and in pieces, but those that `quality_technical` measures on."""
    measured = {sample.text for sample in standard_library()}
    root = Path(sysconfig.get_path("stdlib"))
    for file in sorted(root.rglob("*.py")):
        name = file.relative_to(root).as_posix()
        if not re.search(r"(?:^|/)(?:site-packages|test|tests|idle_test|idlelib|lib2to3|config-[^/]*)/", name):
            code = file.read_text(encoding="utf-8", errors="replace")
            if code[:4000] not in measured:
                yield from ((name, code[at : at + 700]) for at in range(0, min(len(code), 42_000), 700))


def _text(shapes: tuple[str, ...], drawn: random.Random, pieces: int) -> str:
    few = drawn.sample(shapes, min(len(shapes), drawn.randint(1, 3)))
    return "\n".join(_FIELD.sub(lambda match: _part(match, drawn), drawn.choice(few)) for _ in range(pieces))


def _part(match: re.Match[str], drawn: random.Random) -> str:
    word, kind, said = match.groups()
    size = int(said or 0)
    match (word or kind).lower():
        case "w" | "k" as which:
            chosen = drawn.choice(_GIVE_CAUSE if which == "w" else _OTHER)
            return chosen if (word or "").islower() else drawn.choice((chosen.title(), chosen.upper()))
        case "d":
            return (datetime(2020, 1, 1) + timedelta(seconds=drawn.randrange(10**9))).isoformat() + "Z"
        case "u":
            return str(uuid.UUID(int=drawn.getrandbits(128)))
        case "v":
            return f"{drawn.randint(0, 30)}.{drawn.randint(0, 30)}.{drawn.randint(0, 9)}"
        case "n":
            return str(drawn.randrange(10**size))
        case "h":
            written = f"{drawn.getrandbits(4 * size):0{size}x}"
            return written.upper() if drawn.random() < 0.1 else written
        case _:
            return base64.b64encode(drawn.randbytes(size)).decode()[:size]
