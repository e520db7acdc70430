"""What neighbours have said and a World went by, so that its log can make it again where they are not.

A World's state follows from its scenario, its seed and its log of verbs. What a bucket holds, or that a role no
longer lets AWS in, follows from none of them: so each such answer is written into the log as it is given, and a
World made from that log goes by the same words, whoever is around it then.

>>> noted = []
>>> heard = Testimony(lambda question, answer: noted.append((question, answer)))
>>> heard.ask("list/0", 5.0, lambda: ["a.jpg"])
['a.jpg']
>>> again = Testimony()
>>> again.recall([(5.0, *noted[0])])
>>> again.ask("list/0", 6.0, None)
['a.jpg']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def _unnoted(question: str, answer: Any) -> None:
    """Where nobody keeps a log."""


class Testimony:
    """Questions to neighbours, and what they answered.

    Args:
        note: told of each answer that differs from the last to its question.
    """

    def __init__(self, note: Callable[[str, Any], None] = _unnoted) -> None:
        self._note = note
        self._recalled: dict[str, list[tuple[float, Any]]] = {}
        self._last: dict[str, Any] = {}

    def recall(self, said: Iterable[tuple[float, str, Any]]) -> None:
        """Answer from a record of (time [s], question, answer); from nothing but the neighbours if it is empty."""
        self._recalled = {}
        for at, question, answer in said:
            self._recalled.setdefault(question, []).append((at, answer))

    def ask(self, question: str, now: float, find: Callable[[], Any] | None) -> Any:
        """The answer to a question.

        Args:
            question: its name; plain enough for a log, like what ``find`` gives.
            now: simulated time [s].
            find: asks the neighbour; None where none is attached.

        Returns:
            What was recorded up to now, else what ``find`` gives; None if there is neither.
        """
        recorded = [answer for at, answer in self._recalled.get(question, ()) if at <= now]
        if not recorded and find is None:
            return None
        answer = recorded[-1] if recorded or find is None else find()
        if question not in self._last or self._last[question] != answer:
            self._last[question] = answer
            self._note(question, answer)
        return answer

    def last(self, question: str) -> Any:
        """The last answer to a question; None if it was never asked."""
        return self._last.get(question)
