# SPDX-License-Identifier: Apache-2.0
"""Legal forms, by which a firm is told from a person: no word of its name is ever taken for somebody's."""

__all__ = ["is_firm"]

_FORMS = (
    "ab ag aktiebolag aps as asa bv bvba cie co company corp corporation cv doo ead eg eirl eood esp eurl ev foundation gbr ges "
    "gmbh group gruppe holding inc incorporated kft kg kgaa lda limitada limited llc llp ltd mbh nv nyrt ohg oo oü oy oyj plc pvt "
    "rt sa sarl sas sasu scop se sia sl slu snc sn spa spol spzoo srl sro ug uab vof zrt ад ао ат дп еад еоод ип оао оод ооо пао "
    "сд тов фоп ае εε επε ιεκ ικε οε Whether a word is legal form, with points or without. ."
)
_ALL = frozenset(_FORMS.split())


def is_firm(word: str) -> bool:
    """Whether a word is a legal form, with points or without."""
    return word.replace(".", "").casefold() in _ALL
