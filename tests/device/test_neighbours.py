"""Neighbours: nothing by default, and the two that only count and record."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from devicesim.device.neighbours import (
    Count,
    CountingStore,
    KeyService,
    Neighbours,
    Notifications,
    ObjectStore,
    RecordingNotifier,
    Roles,
    Upload,
)


def test_nothing_is_attached_by_default() -> None:
    around = Neighbours()
    assert (around.objects, around.keys, around.roles, around.notifications) == (None, None, None, None)


def test_the_small_ones_are_what_the_protocols_ask_for() -> None:
    assert isinstance(CountingStore(), ObjectStore)
    assert isinstance(RecordingNotifier(), Notifications)
    assert not isinstance(RecordingNotifier(), KeyService)


def test_anything_of_the_right_shape_can_be_attached() -> None:
    class Nobody:
        def refusal(self, role_arn: str, buckets: Iterable[str] = (), *, write: bool = False) -> str:
            return f"{role_arn} does not exist"

    around = Neighbours(keys=Nobody(), roles=Nobody())
    assert isinstance(around.roles, Roles)
    assert around.keys is not None
    assert around.keys.refusal("arn:aws:kms:us-west-2:123456789012:key/1").endswith("does not exist")


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 5 * 10**12)), max_size=30))
def test_a_counting_store_conserves_objects_and_bytes(objects: list[tuple[str, int]]) -> None:
    """One by one or in batches, the counts are those of what was put."""
    singly, batched = CountingStore(), CountingStore()
    for number, (bucket, size) in enumerate(objects):
        assert singly.put(bucket, Upload(f"k{number}", size)) == ""
    for bucket in {bucket for bucket, _ in objects}:
        sizes = [(f"k{n}", size) for n, (other, size) in enumerate(objects) if other == bucket]
        assert batched.put_batch(bucket, iter(sizes)) == {}
        assert batched.buckets[bucket] == Count(len(sizes), sum(size for _, size in sizes))
    assert singly.buckets == batched.buckets


def test_a_counting_store_keeps_nothing() -> None:
    store = CountingStore()
    store.put("b", Upload("k", 3, lambda offset, count: b"abc"[offset : offset + count]))
    assert store.has_bucket("never made")
    assert (list(store.list("b")), store.get("b", "k", 0, 3)) == ([], bytes(3))


def test_a_recording_notifier_keeps_the_order() -> None:
    notifier = RecordingNotifier()
    notifier.notify("J1", "New", 0.0)
    notifier.notify("J2", "New", 0.0)
    notifier.notify("J1", "PreparingAppliance", 60.0)
    assert notifier.told == [("J1", "New", 0.0), ("J2", "New", 0.0), ("J1", "PreparingAppliance", 60.0)]


def test_no_aws_library_is_imported() -> None:
    code = "import sys, devicesim.device.neighbours, devicesim.device.share; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not any(f"'{name}'" in loaded for name in ("boto3", "botocore", "moto"))
