# SPDX-License-Identifier: Apache-2.0
"""The chats that a benchmark asks with: new text each time, and new values where there are personal data."""

import random
from collections.abc import Sequence
from string import ascii_lowercase

from load import chat_body

__all__ = ["SENTENCES", "digits", "long", "long_with_data", "short", "short_with_data", "streamed"]

SENTENCES = (
    "The parcel left the warehouse on a Monday and has not been seen since.",
    "Please write an answer that is friendly, short and says what happens next.",
    "Our customer asks whether the second half of the order can be sent to the neighbour instead.",
    "She has been waiting for the spare part since the beginning of the month.",
    "The invoice names the wrong street, although the delivery note has the right one.",
    "Nobody in the office could find out which carrier had taken the boxes.",
    "He would rather have his money back than wait for another delivery.",
    "In the first letter we had promised an answer within a week, which we did not keep.",
    "The lid of the smaller box was broken when it arrived, as the photographs show.",
    "Suggest a tone that does not blame the driver, who did what he was told.",
    "Translate the last paragraph into French, and leave the names of the products as they are.",
    "The terms say that goods may be returned unused and in their own packaging.",
    "There is a second order from the same household, which was paid in advance.",
    "Offer a voucher only if the customer has not received one in the last year.",
    "The workshop closes for the holidays and opens again in the new year.",
    "Summarise the conversation so far for a colleague who takes over tomorrow.",
    "The colour on the screen differs from the colour of the cloth, which many people tell us.",
    "If the address cannot be confirmed, ask for it once more and explain why.",
    "We would like to keep the contract, but at the conditions of the old price list.",
    "The technician came in the afternoon, found nobody at home and left a card.",
    "An earlier complaint about the same machine was settled out of court.",
    "Do not promise a date, since the supplier has not confirmed one either.",
    "The guarantee covers the motor and the cable, but neither the filter nor the bag.",
    "Close with the usual greeting, and add that the shop can also be reached in the evening.",
)
_LONG = 4000


def _word(seed: random.Random, length: int = 10) -> str:
    return "".join(seed.choices(ascii_lowercase, k=length))


def _number(seed: random.Random, length: int) -> str:
    return f"{seed.randrange(10**length):0{length}}"


def short(number: int) -> bytes:
    """About 200 bytes, no findings and no digit."""
    word = _word(random.Random(number))
    return chat_body(
        f"Please answer the letter about the {word}, and say when the parcel comes. She has been waiting for it since last week."
    )


def streamed(number: int) -> bytes:
    """The short chat, its answer asked for as a stream."""
    word = _word(random.Random(number))
    return chat_body(f"Please answer the letter about the {word}, and say when the parcel comes.", stream=True)


def digits(number: int) -> bytes:
    """About 200 bytes, no findings, but numbers that a detector must look at."""
    seed = random.Random(number)
    order = f"{_word(seed, 4)}-{_number(seed, 4)}"
    return chat_body(f"Please answer the letter about order {order}, and say when the 3 parcels come. She has been waiting for 12 days.")


def short_with_data(number: int) -> bytes:
    """About 200 bytes with an e-mail address, a phone number and an IBAN."""
    seed = random.Random(number)
    return chat_body(f"Please write to {_email(seed)} or call {_phone(seed)}, and say that the money goes to {_iban(seed)} this week.")


def long(number: int) -> bytes:
    """About 4 kB of prose, no findings and no digit."""
    return chat_body(_prose(random.Random(number), ()))


def long_with_data(number: int) -> bytes:
    """About 4 kB of prose with three e-mail addresses, phone numbers, IBANs and cards each."""
    seed = random.Random(number)
    return chat_body(_prose(seed, [make(seed) for make in (_email, _phone, _iban, _card) for _ in range(3)]))


def _prose(seed: random.Random, values: Sequence[str]) -> str:
    sentences: list[str] = []
    while sum(map(len, sentences)) < _LONG - 40 * len(values):
        sentences += [f"{seed.choice(SENTENCES)[:-1]} ({_word(seed)})." for _ in range(4)]
    for value in values:
        sentences.insert(seed.randrange(len(sentences)), f"The customer left us {value} for this.")
    return " ".join(sentences)


def _email(seed: random.Random) -> str:
    return f"{_word(seed, 5)}.{_word(seed, 7)}@{_word(seed, 6)}.example.com"


def _phone(seed: random.Random) -> str:
    pairs = " ".join(_number(seed, 2) for _ in range(3))
    return f"+33 6 {seed.randrange(10, 70)} {pairs}"


def _iban(seed: random.Random) -> str:
    account = _number(seed, 18)
    return f"DE{98 - int(f'{account}131400') % 97:02}{account}"  # ISO 7064, MOD 97-10; D and E count as 13 and 14


def _card(seed: random.Random) -> str:
    partial = "4" + _number(seed, 14)
    doubled = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(partial))
    card = f"{partial}{-doubled % 10}"  # ISO/IEC 7812-1, annex B (Luhn)
    return " ".join(card[at : at + 4] for at in range(0, 16, 4))
