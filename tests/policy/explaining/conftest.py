# SPDX-License-Identifier: Apache-2.0
"""Whoever explains what the policies of these tests decide."""

from collections.abc import Iterator

import pytest

from douane.policy.bundles import bundle
from douane.policy.explaining.explain import Explainer
from fakes.explained import TREE


@pytest.fixture(scope="module")
def asked() -> Iterator[Explainer]:
    tree = bundle.read(TREE)
    explainer = Explainer(tree.modules, tree.data, deadline=10)
    yield explainer
    explainer.close()
