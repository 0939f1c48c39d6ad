# SPDX-License-Identifier: Apache-2.0
"""Which language a text is in: right or nothing, in bounded time, and the same from any thread."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from douane.detect import language
from douane.detect.language import LANGUAGES, Languages
from douane.errors import ConfigRejected
from fakes.cost import seconds

SENTENCES = {
    "en": ("Please call me tomorrow about the invoice.", "The patient was born in Leeds and lives there."),
    "fr": ("Merci de m'appeler demain au sujet de la facture.", "Le patient est né à Lyon et y habite encore."),
    "de": ("Bitte rufen Sie mich morgen wegen der Rechnung an.", "Der Patient wurde in Köln geboren und wohnt dort."),
    "es": ("Llámeme mañana por lo de la factura, por favor.", "El paciente nació en Sevilla y vive allí todavía."),
    "it": ("Mi chiami domani per la fattura, per favore.", "Il paziente è nato a Torino e vive ancora lì."),
    "nl": ("Bel me morgen over de factuur, alstublieft.", "De patiënt werd geboren in Utrecht en woont daar."),
    "pl": ("Proszę zadzwonić jutro w sprawie faktury.", "Pacjent urodził się w Krakowie i tam mieszka."),
    "pt": ("Ligue-me amanhã por causa da fatura, por favor.", "O doente nasceu no Porto e ainda vive lá."),
    "sv": ("Ring mig i morgon om fakturan, är du snäll.", "Patienten föddes i Malmö och bor kvar där."),
    "fi": ("Soittakaa minulle huomenna laskusta, kiitos.", "Potilas syntyi Turussa ja asuu siellä yhä."),
    "cs": ("Zavolejte mi prosím zítra kvůli té faktuře.", "Pacient se narodil v Brně a stále tam bydlí."),
    "hu": ("Kérem, hívjon fel holnap a számla miatt.", "A beteg Szegeden született, és ma is ott él."),
    "ro": ("Vă rog să mă sunați mâine despre factură.", "Pacientul s-a născut la Cluj și locuiește acolo."),
    "el": ("Τηλεφωνήστε μου αύριο για το τιμολόγιο.", "Ο ασθενής γεννήθηκε στην Πάτρα και ζει εκεί."),
}
UNTOLD = ("", "Ok", "Anna Smith", "12.5 % + 3 = 4 :-)", ":" * 500, "0x4f22 deadbeef 0011", "a" * 400, "\ud800" * 50)


@pytest.fixture(scope="module")
def languages() -> Languages:
    return Languages()


@pytest.mark.parametrize("told", list(SENTENCES))
def test_a_sentence_tells_its_language(languages: Languages, told: str) -> None:
    assert [languages.of(sentence) for sentence in SENTENCES[told]] == [told, told]


@pytest.mark.parametrize("text", UNTOLD)
def test_what_is_too_short_or_in_no_language_is_nothing(languages: Languages, text: str) -> None:
    assert languages.of(text) == ""


def test_capitals_are_read_too(languages: Languages) -> None:
    assert languages.of(SENTENCES["de"][0].upper()) == "de"


def test_only_the_languages_that_are_asked_for_are_told() -> None:
    few = Languages(["en", "fr"])
    assert few.of(SENTENCES["fr"][0]) == "fr"
    assert few.of(SENTENCES["de"][0]) in ("", "en", "fr")


def test_a_language_that_cannot_be_told_is_refused() -> None:
    with pytest.raises(ConfigRejected, match="`xx` is no language that can be told"):
        Languages(["en", "xx"])
    assert len(set(LANGUAGES)) == len(LANGUAGES)


def test_a_long_text_is_sampled_at_its_start_middle_and_end(languages: Languages) -> None:
    text = SENTENCES["pl"][1] + " "
    assert languages.of(text * 1000) == "pl"


@pytest.mark.parametrize("piece", ["a", "the ", "é", "日", "\ud800", "e\u0301", "😀", ":", "\n"])
def test_the_time_does_not_grow_with_the_text(piece: str) -> None:
    languages = Languages()
    languages.load()

    def cost(length: int) -> float:
        texts = [f"{number} {piece * length}"[:length] for number in range(5)]

        def told() -> None:
            languages._memory.clear()
            for text in texts:
                languages.of(text)

        return seconds(told)

    assert cost(2_000_000) < 5 * max(cost(20_000), 0.001)


def test_many_threads_are_told_the_same() -> None:
    languages = Languages()
    texts = [(told, f"{sentence} {number}") for number in range(20) for told, both in SENTENCES.items() for sentence in both]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda case: languages.of(case[1]), texts)) == [told for told, _ in texts]


def test_what_is_remembered_is_bounded_and_is_no_text(languages: Languages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_REMEMBERED", 10)
    few = Languages(["en", "fr"])
    for number in range(50):
        few.of(f"{SENTENCES['en'][0]} {number}")
    assert len(few._memory) <= 10
    assert all(len(key) == 16 for key in few._memory)


def test_nothing_is_loaded_before_the_first_text_and_nothing_is_fetched() -> None:
    program = """
import sys
sys.addaudithook(lambda event, _: (_ for _ in ()).throw(OSError(event)) if event.startswith(("socket.", "urllib.")) else None)
from douane.detect.language import Languages
languages = Languages()
assert not {"py3langid", "numpy"} & set(sys.modules)
assert languages.of("") == ""
assert not {"py3langid", "numpy"} & set(sys.modules)
print(languages.of("Please call me tomorrow about the invoice."))
"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "en\n"
