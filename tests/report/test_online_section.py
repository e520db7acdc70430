"""The bill of what went over the wire."""

import devicesim


def test_law_a_price_of_ones_own_has_no_date():
    """AWS's prices say when they were true; what a scenario assumes instead says nothing, and not half a sentence."""
    written = devicesim.load("scenarios/archive_online.toml")
    story = written.model_copy(update={"assume": {**written.assume, "prices.s3.put_1000": "0.006 USD"}})
    items = [cost.item for cost in devicesim.answer(devicesim.simulate(story)).costs]
    assert any(item.startswith("DataSync (") and item.endswith(", prices of 2026)") for item in items)
    assert any(item.startswith("S3 requests (") and item.endswith(" PUTs)") for item in items)
