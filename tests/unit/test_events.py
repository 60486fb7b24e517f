"""The event types: the closed list, what all have in common, and that they are frozen."""

import msgspec
import pytest

from engine.events import EVENT_CLASSES, EVENT_TYPES, Bar, Fill, Order, PositionClose

COMMON = ("timestamp", "source", "event_id", "correlation_id", "causation_id")


def test_the_types_are_those_of_the_table_in_its_order():
    assert EVENT_TYPES == (
        "BAR",
        "FEATURES",
        "REGIME_CHANGE",
        "SIGNAL",
        "ORDER_REQUEST",
        "ORDER",
        "FILL",
        "POSITION_OPEN",
        "POSITION_CLOSE",
        "PORTFOLIO_UPDATE",
        "RISK_BREACH",
        "ERROR",
        "RUN_START",
        "CONTAINER_STATUS",
        "RUN_END",
    )


@pytest.mark.parametrize("cls", EVENT_CLASSES)
def test_every_event_starts_with_the_common_fields_and_is_tagged_by_its_type(cls):
    assert cls.__struct_fields__[:5] == COMMON
    assert (cls.__struct_config__.tag, cls.__struct_config__.tag_field) == (cls.type, "type")
    assert cls.__struct_config__.frozen
    assert not cls.__struct_config__.gc


def test_an_event_cannot_be_changed_and_reads_back_from_json():
    bar = Bar(1, "data_x", "data_x:BAR:1", None, None, "X", 1.0, 2.0, 0.5, 1.5, 10.0)
    with pytest.raises(AttributeError, match="immutable"):
        bar.close = 2.0
    assert msgspec.json.decode(msgspec.json.encode(bar), type=Bar) == bar


def test_e2_only_what_may_end_a_trade_says_whether_it_does():
    sayers = {cls.type for cls in EVENT_CLASSES if "ends_correlation" in cls.__struct_fields__}
    assert sayers == {Order.type, PositionClose.type}
    assert not Fill.ends_correlation
