"""The scenario that newcomers are given: it loads, it is commented, it is small enough to run at once."""

from devicesim.scenario import expected_total, loads, template


def test_law_the_template_loads_without_problems_and_notes():
    story = loads(template())
    assert story.source.notes == ()
    assert story.goals


def test_law_every_key_of_the_template_is_explained():
    for line in template().splitlines():
        assert not line.strip() or "#" in line, line
        assert len(line) <= 110


def test_worked_the_template_stays_below_400_000_operations():
    story = loads(template())
    (photos,), (laptop,) = story.datasets, story.clients
    # Per file: its writes, half a write on average for the last one, OPEN, CLOSE and two more.
    writes = expected_total(photos) / laptop.nfs.wsize + photos.files / 2
    assert writes + 4 * photos.files < 400_000


def test_law_its_commented_alternatives_load_too():
    text = template().replace('# model = "camera_iot"', 'model = "camera_iot"')
    lines = [line for line in text.splitlines() if not line.startswith("size =")]
    assert loads("\n".join(lines)).datasets[0].model == "camera_iot"
    start = template().index("# [[instance]]")
    instance = template()[start:].split("\n\n")[0].replace("# ", "", 1).replace("\n# ", "\n")
    assert loads(template()[:start] + instance + "\n").instances[0].cpu == 0.8
