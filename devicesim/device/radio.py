"""The air between the clients and the device: fading and outages as piecewise-constant goodput.

The mean signal comes from the link budget; around it each client fades slowly (AR(1) in dB). Sub-second fading
is averaged in the fade margin, not simulated. Segments are drawn in blocks and known one ahead, so that the
transfer core can lay the next capacity before it reaches it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from devicesim.catalog import Figures
from devicesim.device.setting import Setting
from devicesim.physics import wifi
from devicesim.scenario import Scenario

BLOCK = 256
"""Fading steps drawn at a time."""

EXPONENTS = {"open": "sight", "office": "office", "nlos": "walls"}


class Segment(NamedTuple):
    """Goodput of each Wi-Fi client [bytes/s] from ``start`` on [s]."""

    start: float
    rates: tuple[float, ...]


class Air(NamedTuple):
    """What the scenario's air is on average: SNR [dB], and the goodput [bytes/s] it gives when faded."""

    snr_db: float
    table: wifi.RateTable
    efficiency: float

    def goodput(self, fade_db: NDArray[np.float64] | float = 0.0) -> NDArray[np.float64]:
        """Goodput at that many dB above the mean [bytes/s]."""
        at = wifi.goodput_at(np.asarray(self.snr_db + fade_db), self.table)
        return np.asarray(at, dtype=np.float64) * self.efficiency


# A table takes milliseconds and depends on few figures, while an estimate asks for it a hundred times.
_table = lru_cache(maxsize=64)(wifi.rate_table)


def air(figures: Figures, story: Scenario) -> Air:
    """The mean link of a scenario's Wi-Fi site.

    Contending stations that are not the scenario's own clients take their full share of the channel; the
    scenario's clients share what is left through the transfer core, which serves their frames in turn.
    """
    site = story.site.wifi
    if site is None:
        raise ValueError("the scenario has no [site.wifi]")
    own = sum(client.link == "wifi" for client in story.clients)
    figure = figures.si
    standard = site.standard or figures.text("wifi.standard")
    if site.standard is None and site.band < 3e9:
        standard = "n"  # 802.11ac is a standard for 5 GHz only
    modern = standard in {"n", "ac"}
    radio = wifi.Radio(
        standard=standard,
        frequency=figure("wifi.channel.frequency") if site.band > 3e9 else site.band,
        width=site.width,
        spatial_streams=int(site.spatial_streams or figure("wifi.spatial_streams")) if modern else 1,
        short_guard=modern and figures.flag("wifi.short_guard_interval"),
        thresholds_db=thresholds(standard, figures.si_values("wifi.snr_thresholds")),
        edge_db=figure("wifi.lowest_margin"),
        edge_loss=figure("wifi.lowest_loss"),
        sensitivity_dbm=figure("wifi.sensitivity"),
        tx_dbm=figure("wifi.transmit_dbm"),
        noise_figure_db=figure("wifi.noise_figure"),
        collision_factor=figure("wifi.tcp.collision_factor"),
        contention_slope=figure("wifi.contention.udp_slope"),
        contention_floor=figure("wifi.contention.tcp_floor"),
        gain_db=figure("wifi.antenna_gain"),
        a_max=int(figure("wifi.aggregate_limit")) if standard == "ac" else 65535,
    )
    exponent = figure(f"wifi.path_loss.exponent_{EXPONENTS[site.environment]}")
    loss = wifi.log_distance_loss_db(site.distance, radio.frequency, exponent)
    margin = figure("wifi.fade_mobile" if site.mobile else "wifi.fade_static")
    contenders = max(site.stations, own)
    # The table gives one of n stations its share; the scenario's own clients together get theirs.
    table = _table(radio, margin, contenders)
    return Air(
        float(wifi.mean_snr_db(radio, loss)),
        table,
        figure("nfs.client.efficiency") * own,
    )


def thresholds(standard: str, ladder: tuple[float, ...]) -> tuple[float, ...]:
    """Least SNR for each rate of a standard, from the ladder of the 802.11ac MCS [dB].

    802.11n has the first eight. The eight OFDM rates of a and g are BPSK 1/2 and 3/4, then the modulations of MCS
    1 to 6; BPSK 3/4 is put half-way. The four rates of b are given the lowest four, which is pessimistic.
    """
    if standard in {"a", "g"}:
        return (ladder[0], (ladder[0] + ladder[1]) / 2, *ladder[1:7])
    return ladder[: wifi.rate_count(standard)]


class Radio:
    """The Wi-Fi link of one site over time.

    Attributes:
        current: the segment that holds now.
        coming: the one after it.
    """

    def __init__(self, setting: Setting, clients: int, job: str) -> None:
        self._setting, self._clients = setting, clients
        self._fade, self._outage = setting.draw(f"fading/{job}"), setting.draw(f"outages/{job}")
        self._air = air(setting.figures, setting.scenario)
        self._origin = setting.now
        self._segments = self._make()
        self.current = next(self._segments)
        self.coming = next(self._segments)

    def move(self, now: float) -> bool:
        """Step to the segment that holds at ``now``; True if it changed."""
        moved = False
        while self.coming.start <= now:
            self.current, self.coming = self.coming, next(self._segments)
            self._setting.stream.record(
                "wifi.goodput", self.current.start, sum(self.current.rates) / self._clients
            )
            moved = True
        return moved

    def _make(self) -> Iterator[Segment]:
        figure = self._setting.figures.si
        sigma, tau = figure("wifi.shadow_sigma"), figure("wifi.shadow_tau")
        step = tau / 3
        last: list[float | None] = [None] * self._clients
        block = 0
        while True:
            faded = []
            for client in range(self._clients):
                series = wifi.fading(BLOCK, step, sigma, tau, self._fade, start=last[client])
                last[client] = float(series[-1])
                faded.append(self._air.goodput(series))
            start = self._origin + block * BLOCK * step
            yield from self._block(start, step, np.stack(faded, axis=1))
            block += 1

    def _block(self, start: float, step: float, rates: NDArray[np.float64]) -> Iterator[Segment]:
        """The segments of one block of fading steps, cut at the outages that fall into it."""
        times = start + step * np.arange(BLOCK)
        site = self._setting.scenario.site.wifi
        if site is None or not site.outages:
            for at, row in zip(times.tolist(), rates.tolist(), strict=True):
                yield Segment(at, tuple(row))
            return
        figure = self._setting.figures.si
        began, ended = wifi.outages(
            BLOCK * step, figure("wifi.outage.good"), figure("wifi.outage.bad"), self._outage
        )
        edges = np.unique(np.concatenate([times, start + began, start + ended]))
        edges = edges[(edges >= start) & (edges < start + BLOCK * step)]
        row = np.clip(((edges - start) / step).astype(np.int64), 0, BLOCK - 1)
        middle = np.searchsorted(start + began, edges, side="right") > np.searchsorted(
            start + ended, edges, side="right"
        )
        factor = np.where(middle, figure("wifi.outage.factor"), 1.0)
        for at, values in zip(edges.tolist(), (rates[row] * factor[:, None]).tolist(), strict=True):
            yield Segment(at, tuple(values))
