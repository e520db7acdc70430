"""A plan in Python: every future as columns, and tables for a notebook."""

import importlib

import numpy as np
import pytest
from small_story import small_story

from devicesim.planning.plan import Plan, Request, plan
from devicesim.scenario import AS_WRITTEN, Varied


@pytest.fixture(scope="module")
def made() -> Plan:
    story, other = small_story("dataset[0].files=3"), small_story('job.shipping="NEXT_DAY"')
    return plan(Varied(story, {AS_WRITTEN: story, "By <night>": other}), Request(replications=4))


def test_worked_columns_have_a_row_for_each_future_of_each_option(made):
    columns = made.columns()
    assert {column.size for column in columns.values()} == {8}
    assert columns["option"].tolist() == [AS_WRITTEN] * 4 + ["By <night>"] * 4
    assert columns["replication"].tolist() == [0, 1, 2, 3] * 2
    days = made.outlook("By <night>").futures.metrics["days_to_s3"]
    assert np.array_equal(columns["days_to_s3"][4:], days)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_worked_columns_are_a_data_frame(made, library):
    frame = pytest.importorskip(library).DataFrame(made.columns())
    assert frame.shape == (8, len(made.columns()))


def test_worked_a_notebook_shows_tables_and_no_tag_of_a_name(made):
    shown = made._repr_html_()
    assert shown.count("<table>") == 2
    assert "By &lt;night&gt;" in shown
    assert "<script" not in shown
    assert importlib.import_module("devicesim.planning.notebook").tables(made) == shown
