import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.device.cluster.fragments import Fragments
from devicesim.errors import BoundError
from devicesim.physics.erasure import Code


def books(nodes=5, code=None, files=6):
    return Fragments(np.arange(100, 100 + files, dtype=np.int64), code or Code(3, 2), nodes)


def draw(seed=0):
    return np.random.default_rng(seed)


def test_worked_a_full_stripe_survives_two_losses_and_not_three():
    kept = books()
    kept.store(np.arange(6), range(5), draw())
    assert kept.stored == (6, 615)
    assert kept.thin == (0, 0)
    assert kept.raw == 615 * 5 / 3
    assert kept.destroy(0).size == 0
    assert kept.destroy(4).size == 0
    assert kept.thin == (6, 615)
    assert kept.stored == (6, 615)
    assert kept.destroy(2).tolist() == [0, 1, 2, 3, 4, 5]
    assert kept.stored == (0, 0)
    assert kept.lost == (6, 615)
    assert kept.raw == 0


def test_worked_a_file_written_with_a_node_missing_lacks_one_fragment():
    kept = books()
    kept.store(np.array([0]), [0, 1, 2, 3], draw())
    assert kept.thin == (1, 100)
    assert kept.repairable({0, 1, 2, 3}).index.size == 0  # no node in reach could take it
    back = kept.repairable({0, 1, 2, 3, 4})
    assert (back.index.tolist(), back.target.tolist()) == ([0], [4])
    kept.restore(back.index, back.target)
    assert kept.thin == (0, 0)
    assert kept.on(4) == pytest.approx(100 / 3)


def test_worked_the_files_in_most_danger_are_repaired_first():
    kept = books(files=2)
    kept.store(np.array([0, 1]), range(5), draw())
    kept.destroy(0)
    kept.restore(np.array([1]), np.array([0]))
    kept.destroy(1)  # file 0 has 3 fragments left, file 1 has 4
    assert kept.repairable({0, 1, 2, 3, 4}).index.tolist() == [0, 1]


def test_worked_what_is_out_of_reach_is_unreadable_and_not_lost():
    kept = books()
    kept.store(np.arange(6), range(5), draw())
    assert kept.unreadable({0, 1, 2}) == (0, 0)
    assert kept.unreadable({0, 1}) == (6, 615)
    assert kept.lost == (0, 0)


def test_law_narrow_stripes_are_spread_over_all_nodes():
    kept = Fragments(np.full(21_000, 300, dtype=np.int64), Code(3, 2), 7)
    kept.store(np.arange(21_000), range(7), draw())
    each = [kept.on(node) for node in range(7)]
    assert sum(each) == pytest.approx(21_000 * 300 * 5 / 3)
    assert max(each) / min(each) < 1.05


def test_law_every_combination_of_lost_nodes_loses_what_has_too_few_fragments():
    for gone in itertools.product([False, True], repeat=5):
        kept = books()
        kept.store(np.arange(6), range(5), draw())
        for node in np.flatnonzero(gone):
            kept.destroy(int(node))
        assert kept.lost[0] == (6 if sum(gone) > 2 else 0)
        assert kept.unreadable(set(range(5))) == (0, 0)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([(5, Code(3, 2)), (7, Code(3, 2)), (3, Code(2, 1)), (16, Code(14, 2))]),
    st.lists(st.tuples(st.sampled_from(["store", "destroy", "repair"]), st.integers(0, 15)), max_size=25),
    st.integers(0, 99),
)
def test_law_bytes_are_stored_or_lost_and_never_both(kind, steps, seed):
    nodes, code = kind
    sizes = np.arange(1, 61, dtype=np.int64) * 1000
    kept, random = Fragments(sizes, code, nodes), draw(seed)
    written = 0
    for what, number in steps:
        if what == "store" and written < 60:
            count = min(1 + number, 60 - written)
            up = random.permutation(nodes)[: random.integers(code.data, nodes + 1)].tolist()
            kept.store(np.arange(written, written + count), up, random)
            written += count
        elif what == "destroy":
            kept.destroy(number % nodes)
        else:
            todo = kept.repairable(set(range(nodes)))
            kept.restore(todo.index, todo.target)
        (files, size), (lost_files, lost) = kept.stored, kept.lost
        assert files + lost_files == written
        assert size + lost == int(sizes[:written].sum())
        assert sum(kept.on(node) for node in range(nodes)) == pytest.approx(kept.raw)
        assert kept.raw <= size * code.amplification * (1 + 1e-12)
        assert kept.raw >= size - 1e-6  # at least the data fragments of all that is stored


def test_misuse_is_told_in_one_dialect():
    with pytest.raises(BoundError, match=r"nodes must be in \[5, 16\], got 4"):
        books(nodes=4)
    with pytest.raises(BoundError, match="up must be at least 3 nodes"):
        books().store(np.array([0]), [0, 1], draw())
