# SPDX-License-Identifier: Apache-2.0
"""Metrics in the text format of Prometheus, read from the parts when they are asked for. No label carries a word of an exchange."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from douane.status import Standing

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics(Collector):
    """What a gateway tells about its policies. `standing` is asked for each exposition."""

    def __init__(self, standing: Callable[[], Standing]) -> None:
        self._standing = standing
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def exposition(self) -> bytes:
        """The metrics now."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client`."""
        standing = self._standing()
        info = InfoMetricFamily("douane_policies", "the policies that decide", labels=["policies"])
        activations = CounterMetricFamily("douane_policy_activations", "times that policies became active", labels=["policies"])
        refusals = CounterMetricFamily("douane_policy_refusals", "times that other policies were refused", labels=["policies"])
        refused = GaugeMetricFamily("douane_policy_is_refused", "1 where the latest are refused or cannot be had", labels=["policies"])
        for status in standing.policies:
            info.add_metric([status.name], {"revision": status.revision, "digest": status.digest})
            activations.add_metric([status.name], status.activations)
            refusals.add_metric([status.name], status.refusals)
            refused.add_metric([status.name], bool(status.error))
        yield from (info, activations, refusals, refused)
        if standing.comparison is not None:
            compared = CounterMetricFamily("douane_policy_comparisons", "decisions compared with the candidate's", labels=["outcome"])
            for outcome in ("same", "different", "dropped", "failed"):
                compared.add_metric([outcome], getattr(standing.comparison, outcome))
            yield compared
