"""What neighbours said is noted once, and a record of it stands for them."""

from devicesim.device import testimony


def test_law_an_answer_is_noted_when_it_differs():
    noted, answers = [], iter(["gone", "gone", "", ""])
    heard = testimony.Testimony(lambda question, answer: noted.append((question, answer)))
    for at in range(4):
        heard.ask("access/J", float(at), lambda: next(answers))
    assert noted == [("access/J", "gone"), ("access/J", "")]
    assert heard.last("access/J") == ""


def test_law_a_record_answers_in_the_place_of_neighbours_and_is_noted_again():
    noted = []
    heard = testimony.Testimony(lambda question, answer: noted.append(answer))
    heard.recall([(1.0, "access/J", "gone"), (3.0, "access/J", "")])
    told = [heard.ask("access/J", at, None) for at in (0.0, 1.0, 2.0, 3.0, 9.0)]
    assert told == [None, "gone", "gone", "", ""]
    assert noted == ["gone", ""]


def test_law_without_neighbour_or_record_nothing_is_said():
    noted = []
    heard = testimony.Testimony(lambda question, answer: noted.append(answer))
    assert heard.ask("list/0", 0.0, None) is None
    assert (noted, heard.last("list/0")) == ([], None)


def test_worked_once_the_record_is_put_away_neighbours_answer_again():
    heard = testimony.Testimony()
    heard.recall([(0.0, "store/0", True)])
    assert heard.ask("store/0", 0.0, lambda: False)
    heard.recall(())
    assert not heard.ask("store/0", 0.0, lambda: False)
