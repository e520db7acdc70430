"""Work that goes at S3's pace: as told by its curve at full speed, later while S3 throttles."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import simpy
from numpy.typing import NDArray

from devicesim.device.setting import Setting
from devicesim.progress import Curve, Leg


class Paced:
    """A curve whose time goes slower at times.

    >>> curve = Curve(np.array([0.0, 10.0]), np.array([0.0, 100.0]), np.array([0.0, 1.0]), linear=True)
    >>> slow = Paced(curve, 0.0)
    >>> slow.turn(4.0, 0.5)
    >>> slow.at(np.array([2.0, 6.0]))[0].tolist(), slow.done(6.0)
    ([20.0, 50.0], 5.0)
    """

    def __init__(self, curve: Curve, start: float) -> None:
        self._curve = curve
        self._times, self._works, self._factor = [start], [start], 1.0

    def turn(self, now: float, factor: float) -> None:
        """Go on at another pace."""
        if factor != self._factor:
            self._works.append(self.done(now))
            self._times.append(now)
            self._factor = factor

    def done(self, now: float) -> float:
        """How far it is, as the time at which it would be so far at full speed [s]."""
        return self._works[-1] + (now - self._times[-1]) * self._factor

    def at(self, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bytes and objects at times."""
        if len(self._times) == 1 and self._factor == 1.0:
            return self._curve.at(t)
        live = self._works[-1] + (t - self._times[-1]) * self._factor
        known = np.interp(t, self._times, self._works)
        return self._curve.at(np.where(t >= self._times[-1], live, np.where(t < self._times[0], t, known)))


def at_the_pace_of_s3(
    setting: Setting, leg: Leg, curve: Curve, duration: float
) -> Generator[simpy.Event, object, None]:
    """Do work that takes so long at full speed [s], and let a leg tell it."""
    env, account = setting.env, setting.account
    paced = Paced(curve, setting.now)
    end = setting.now + duration
    leg.session(setting.now, 0, 0, lambda: paced)
    left = duration
    while True:
        factor = account.s3
        paced.turn(setting.now, factor)
        if factor <= 0:
            yield account.changed(env)
            continue
        timer = env.timeout(left / factor)
        yield timer | account.changed(env)
        if timer.processed:
            return
        left = max(0.0, end - paced.done(setting.now))
