"""What reads bytes from strangers, each as a function of one input that must neither raise nor hang.

Every run has a device, an account or a folder of its own, so that an input says the same wherever it is tried.
"""

import logging
import resource
import signal
import time
from contextlib import contextmanager

import mutants

LONGEST = 5.0
"""CPU seconds that one input may take, on any machine; most take some milliseconds."""


class FailedError(AssertionError):
    """A decoder broke its promise."""


class _Told(logging.Handler):
    """Errors that were logged in the place of being raised."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.records = []

    def emit(self, record):
        self.records.append(self.format(record))


@contextmanager
def watched():
    """Nothing inside may log an error, nor take longer than :data:`LONGEST`."""
    told = _Told()
    root = logging.getLogger()
    root.addHandler(told)
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, 20 * LONGEST)
    begun = time.process_time()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        root.removeHandler(told)
    took = time.process_time() - begun
    if told.records:
        raise FailedError("logged: " + "\n".join(told.records))
    if took > LONGEST:
        raise FailedError(f"took {took:.1f} s of CPU")


def _too_long(number, frame):
    raise FailedError(f"no answer after {20 * LONGEST:g} s")


def memory():
    """Resident memory of this process [bytes]."""
    with open("/proc/self/statm") as told:
        return int(told.read().split()[1]) * resource.getpagesize()


class Decoder:
    """One of them.

    Attributes:
        seeds: valid inputs. tokens: pieces that mean something to it.
    """

    seeds: tuple[bytes, ...] = ()
    tokens: tuple = ()

    def bent(self, draw):
        """An input that was valid; ``draw`` is a Random."""
        return mutants.bent_texts(draw, self.seeds, self.tokens)

    def run(self, data):
        raise NotImplementedError

    def try_out(self, data):
        """Run one input, watched."""
        with watched():
            self.run(data)
