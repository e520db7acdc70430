"""The job API's names, and the order in which a job may move."""

from itertools import pairwise, product

import pytest

from devicesim.errors import UnknownNameError
from devicesim.jobs import (
    ALLOWED,
    GIVEN_UP,
    MASTER,
    ORDER,
    JobState,
    JobType,
    ShippingOption,
    is_legal,
    state_named,
)

OUT = ["New", "PreparingAppliance", "PreparingShipment", "InTransitToCustomer", "WithCustomer"]
BACK = ["InTransitToAWS", "WithAWSSortingFacility", "WithAWS"]


@pytest.mark.parametrize(
    ("enum", "names"),
    [
        pytest.param(
            JobState,
            [
                "New", "PreparingAppliance", "PreparingShipment", "InTransitToCustomer", "WithCustomer",
                "InTransitToAWS", "WithAWSSortingFacility", "WithAWS", "InProgress", "Complete", "Cancelled",
                "Listing", "Pending",
            ],
            id="botocore snowball 2016-06-30 JobState",
        ),
        pytest.param(JobType, ["IMPORT", "EXPORT", "LOCAL_USE"], id="botocore snowball 2016-06-30 JobType"),
        pytest.param(
            ShippingOption,
            ["SECOND_DAY", "NEXT_DAY", "EXPRESS", "STANDARD"],
            id="botocore snowball 2016-06-30 ShippingOption",
        ),
    ],
)  # fmt: skip
def test_published_names_of_the_api(enum, names):
    assert [str(member) for member in enum] == names
    assert all(member == name for member, name in zip(enum, names, strict=True))


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        pytest.param(
            JobType.IMPORT, [*OUT, *BACK, "InProgress", "Complete"], id="Snowball Edge guide 2020 jobstatuses"
        ),
        pytest.param(
            JobType.LOCAL_USE, [*OUT, *BACK, "Complete"], id="Snowball Edge guide 2023 computetype: no import"
        ),
        pytest.param(
            JobType.EXPORT,
            [*OUT[:2], "InProgress", *OUT[2:], *BACK, "Complete"],
            id="Snowball user guide 2018 create-export-job: InProgress before PreparingShipment",
        ),
    ],
)
def test_published_orders(kind, order):
    assert [str(state) for state in ORDER[kind]] == order


@pytest.mark.parametrize("kind", JobType)
def test_law_only_the_next_state_of_the_order_is_legal(kind):
    steps = set(pairwise(ORDER[kind])) | {(JobState.NEW, JobState.CANCELLED)}
    if kind is JobType.EXPORT:
        # A part may wait for the one before it, and be cancelled meanwhile.
        steps |= {(JobState.NEW, JobState.PENDING), (JobState.PENDING, JobState.PREPARING_APPLIANCE)}
        steps |= {(JobState.PENDING, JobState.CANCELLED)}
    steps |= {(old, JobState.CANCELLED) for each, old in GIVEN_UP if each is kind}
    for old, new in product(JobState, JobState):
        assert is_legal(kind, old, new) is ((old, new) in steps), f"{old} -> {new}"


def test_law_a_master_lists_waits_for_its_parts_and_ends_with_them():
    assert [str(state) for state in MASTER] == ["New", "Listing", "Pending", "InProgress", "Complete"]
    steps = set(pairwise(MASTER)) | {(old, JobState.CANCELLED) for old in MASTER[:3]}
    for old, new in product(JobState, JobState):
        assert is_legal(JobType.EXPORT, old, new, master=True) is ((old, new) in steps), f"{old} -> {new}"


@pytest.mark.parametrize("kind", JobType)
def test_law_every_order_runs_once_from_new_to_complete(kind):
    order = ORDER[kind]
    assert (order[0], order[-1]) == (JobState.NEW, JobState.COMPLETE)
    assert len(set(order)) == len(order)


@pytest.mark.parametrize(
    ("call", "states"),
    [
        pytest.param("UpdateJob", {"New"}, id="API reference UpdateJob: only while New"),
        pytest.param(
            "CancelJob",
            {"New", "Listing", "Pending"},
            id="API reference CancelJob, user guide 2018 create-export-job: before PreparingAppliance",
        ),
        pytest.param("GetJobManifest", {"WithCustomer"}, id="API reference GetJobManifest: the only valid status"),
        pytest.param("GetJobUnlockCode", {"WithCustomer"}, id="API reference GetJobUnlockCode: likewise"),
    ],
)  # fmt: skip
def test_published_what_is_allowed_when(call, states):
    assert ALLOWED[call] == states


def test_law_cancelling_is_legal_just_where_the_call_is_allowed_and_the_job_can_be():
    for kind, state, master in product(JobType, JobState, (False, True)):
        known = MASTER if master else ORDER[kind]
        if kind is JobType.EXPORT and not master:
            known = (*known, JobState.PENDING)
        expected = state in ALLOWED["CancelJob"] and state in known
        expected |= (kind, state) in GIVEN_UP and not master
        assert is_legal(kind, state, JobState.CANCELLED, master=master) is expected


def test_worked_states_by_name():
    assert state_named("WithCustomer") is JobState.WITH_CUSTOMER
    assert [state_named(str(state)) for state in JobState] == list(JobState)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("WithCustomr", "unknown job state 'WithCustomr'; did you mean 'WithCustomer'?"),
        ("withcustomer", "unknown job state 'withcustomer'; did you mean 'WithCustomer'?"),
        ("COMPLETE", "unknown job state 'COMPLETE'; did you mean 'Complete'?"),
        ("IN_PROGRESS", "unknown job state 'IN_PROGRESS'; did you mean 'InProgress'?"),
        ("", "unknown job state ''; known: " + ", ".join(sorted(JobState))),
    ],
)
def test_worked_states_that_are_none(name, message):
    with pytest.raises(UnknownNameError) as caught:
        state_named(name)
    assert str(caught.value) == message
