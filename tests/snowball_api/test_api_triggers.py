"""Lambda functions that a job names run for every object put into their bucket: by the copy, and through a door."""

import numpy as np
import pytest
from accounts import BUCKET, ORDER, account, order, refused

from devicesim.device.share import Keep
from devicesim.snowball_api.snow import Snow

NAME = BUCKET.rpartition(":")[2]
ARN = "arn:aws:lambda:us-west-2:123456789012:function:thumbnail:1"
OTHER = "arn:aws:s3:::elsewhere"


def resources(*triggers, arn=ARN, buckets=(BUCKET,)):
    function = {"LambdaArn": arn, "EventTriggers": [{"EventResourceARN": each} for each in triggers]}
    return {
        "S3Resources": [{"BucketArn": each} for each in buckets],
        "LambdaResources": [function],
    }


def ordered(api, *triggers, **changes):
    return order(api, SnowballType="EDGE", Resources=resources(*triggers, **changes))


def served(api, job):
    """When objects came to the one function."""
    (pool,) = api.world.life(job).device.compute.functions.pools
    return pool.served()


def door(api, job):
    """The share of a device that serves, behind a door, and the directory of its bucket."""
    world = api.world
    world.until("WithCustomer", job)
    device = world.life(job).device
    world.until(lambda _: device.serves)
    share = device.share
    if NAME not in share.buckets:
        share.add_bucket(NAME, world.now)
    return share, share.resolve(f"/buckets/{NAME}")


def test_worked_each_object_of_the_customers_copy_is_a_run():
    api = account()
    job = ordered(api, BUCKET)
    api.world.run()
    assert api.world.job(job).outcome == "complete"
    assert served(api, job).arrive.size == api.world.life(job).device.share.files == 1000
    assert served(api, job).good.all()


def test_law_objects_of_another_bucket_are_none():
    api = account()
    job = ordered(api, OTHER, buckets=(BUCKET, OTHER))
    api.world.run()
    assert served(api, job).arrive.size == 500  # the customer's thousand files go to both in equal numbers


def test_worked_a_file_written_through_a_door_is_put_once_it_is_left_alone():
    api = account()
    job = ordered(api, BUCKET)
    share, directory = door(api, job)
    world = api.world
    at = world.now
    file = share.create(directory, "frame.raw", at)
    for number in range(3):  # a second apart: written to all the time
        share.write(file, number * 4096, 4096, world.now)
        world.advance(1)
    last = at + 2
    world.advance(70)  # longer than a settling, shorter than the customer's copy
    door_runs = served(api, job).arrive
    assert np.isclose(door_runs, last + world.figures.si("functions.quiet"), rtol=0, atol=1e-6).sum() == 1
    share.write(file, 0, b"again", world.now)
    again = world.now
    world.advance(900)
    assert np.isclose(served(api, job).arrive, again + 2, rtol=0, atol=1e-6).sum() == 1
    assert served(api, job).arrive.size == 1000 + 2  # the customer copies a thousand beside it


def test_law_what_was_removed_meanwhile_is_no_object():
    api = account()
    job = ordered(api, BUCKET)
    share, directory = door(api, job)
    world = api.world
    file = share.create(directory, "scratch", world.now)
    share.write(file, 0, 10, world.now)
    at = world.now
    share.remove(directory, "scratch", world.now)
    world.advance(900)
    assert not np.isclose(served(api, job).arrive, at + 2, rtol=0, atol=1e-3).any()


def test_law_a_door_without_functions_keeps_no_list():
    api = account()
    job = order(api)
    share, directory = door(api, job)
    share.create(directory, "a", api.world.now)
    assert share.touched is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"SnowballType": "SNC1_HDD", "Resources": resources(BUCKET)},
            ["SNC1_HDD does not run Lambda functions"],
        ),
        (
            {"SnowballType": "EDGE", "Resources": resources(BUCKET, arn=BUCKET)},
            ["must name a function", "trail"],
        ),
        (
            {
                "SnowballType": "EDGE",
                "Resources": resources(BUCKET, arn=ARN.replace("us-west-2", "eu-west-1")),
            },
            ["of us-west-2, got one of eu-west-1"],
        ),
    ],
)
def test_law_a_function_that_cannot_run_there_is_refused(changes, words):
    with refused("InvalidInputCombinationException", *words):
        order(account(), **changes)


def test_worked_functions_can_be_changed_while_the_job_is_new_and_replay_agrees():
    snow = Snow(seed=7)
    job = order(snow.api, SnowballType="EDGE")
    snow.api.call("UpdateJob", {"JobId": job, "Resources": resources(BUCKET)})
    snow.run()
    assert served(snow.api, job).arrive.size == 1000
    fork = snow.fork()
    assert (served(fork.api, job).finish == served(snow.api, job).finish).all()


def test_worked_content_kept_behind_a_door_is_what_it_was_put_as():
    api = account()
    job = ordered(api, BUCKET)
    share, directory = door(api, job)
    share.content = Keep(1 << 20)
    file = share.create(directory, "note.txt", api.world.now)
    share.write(file, 0, b"as it was", api.world.now)
    assert share.read(file, 0, 99) == b"as it was"
    assert ORDER["Resources"]["S3Resources"][0]["BucketArn"] == BUCKET
