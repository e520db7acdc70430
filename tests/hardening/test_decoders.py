"""Whatever strangers send, and whatever stands in files: an answer in words, never a fault, a hang or a leak.

Long form: ``pytest -m slow tests/hardening/test_decoders.py`` runs each decoder for ``DEVICESIM_FUZZ_MINUTES``
(10 if not given), and keeps what it finds in ``corpus/``.
"""

import os
from functools import cache

import fuzz
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

EXAMPLES = 60
"""Inputs of each decoder in the quick form."""
quick = settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
decoder = cache(lambda name: fuzz.DECODERS[name]())


@pytest.mark.parametrize("name", fuzz.DECODERS)
def test_law_what_is_valid_is_read(name):
    for data in decoder(name).seeds[:60]:
        decoder(name).try_out(data)


@pytest.mark.parametrize("name", fuzz.DECODERS)
def test_law_what_was_bent_is_answered(name):
    @quick
    @given(st.randoms(use_true_random=False))
    def each(draw):
        decoder(name).try_out(decoder(name).bent(draw))

    each()


@pytest.mark.parametrize("name", fuzz.DECODERS)
def test_law_noise_is_answered(name):
    @quick
    @given(st.binary(max_size=200))
    def each(data):
        decoder(name).try_out(data)

    each()


FOUND = [(name, file) for name in fuzz.DECODERS for file in fuzz.kept(name)]


@pytest.mark.parametrize(("name", "file"), FOUND, ids=[f"{name}/{file.name}" for name, file in FOUND])
def test_law_what_once_failed_is_answered(name, file):
    decoder(name).try_out(file.read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("name", fuzz.DECODERS)
def test_law_minutes_of_inputs_find_nothing(name):
    found, grown = fuzz.long_run(name, float(os.environ.get("DEVICESIM_FUZZ_MINUTES", "10")))
    assert not found
    assert grown < fuzz.GROWTH
