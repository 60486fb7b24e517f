"""docs/metrics.md says what the functions say."""

import re
from pathlib import Path

import pytest

from engine.metrics.definitions import METRICS
from engine.metrics.document import document

OWN = [metric for metric in METRICS if not metric.prefix]
"""Those with a formula of their own."""

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_page_is_current():
    page = PAGE.read_text(encoding="utf-8")
    assert page == document(), "run: python -m engine.metrics.document > docs/metrics.md"


def test_every_metric_has_its_entry_in_order():
    assert re.findall(r"^### `(\w+)`$", document(), re.MULTILINE) == [metric.name for metric in OWN]


@pytest.mark.parametrize("metric", OWN, ids=lambda metric: metric.name)
def test_every_metric_says_what_comes_out_its_formula_and_its_unit(metric):
    entry = document().split(f"### `{metric.name}`\n")[1].split("\n#")[0]
    assert re.search(rf"\. Unit: {re.escape(metric.unit)}\.\n", entry)
    assert entry.count("- Formula: ") == 1
    assert "\n\n  " not in entry


@pytest.mark.parametrize("metric", [metric for metric in METRICS if metric.prefix], ids=lambda metric: metric.name)
def test_a_metric_of_one_side_is_listed_under_the_name_it_has_for_all_trades(metric):
    side = document().split("## By side and by symbol")[1].split("`<symbol>.<name>`")[0]
    assert f"`{metric.name.removeprefix(metric.prefix)}`" in side
