"""Wi-Fi: rates on the air, goodput, contention, the link budget and how the link changes.

Model
    :mod:`.phy` gives rates and frame times, :mod:`.mac` the goodput of one station, :mod:`.contention` what
    several leave each other, :mod:`.propagation` the signal, :mod:`.link` all of it as TCP goodput over
    distance or SNR, :mod:`.fading` what changes in time.
Scope and limits
    802.11 b, a, g, n, ac on one channel; each module states its own. Rates and times of the standard are
    exact; thresholds, margins and losses are arguments, from the catalog.
Sources
    In each module.
Checked against
    In each module.
"""

from devicesim.physics.wifi.contention import (
    Attempt,
    airtime_shares,
    attempt,
    dcf_throughput,
    equal_frames_rate,
    saturation_throughput,
    tcp_sharing,
    udp_sharing,
)
from devicesim.physics.wifi.fading import coherence_time, fading, outages
from devicesim.physics.wifi.link import (
    Radio,
    RateTable,
    goodput,
    goodput_at,
    mcs_at,
    mean_snr_db,
    rate_table,
)
from devicesim.physics.wifi.mac import (
    ACCESS,
    Access,
    aggregate_count,
    residual_loss,
    response_duration,
    subframe_size,
    tcp_goodput,
    udp_goodput,
)
from devicesim.physics.wifi.phy import (
    STANDARDS,
    exists,
    phy_mbps,
    ppdu_duration,
    preamble,
    rate_count,
    usable_mcs,
)
from devicesim.physics.wifi.propagation import (
    free_space_loss_db,
    itu_indoor_loss_db,
    log_distance_loss_db,
    noise_dbm,
    signal_dbm,
)

__all__ = [
    "ACCESS", "STANDARDS", "Access", "Attempt", "Radio", "RateTable",
    "aggregate_count", "airtime_shares", "attempt", "coherence_time", "dcf_throughput", "equal_frames_rate",
    "exists", "fading", "free_space_loss_db", "goodput", "goodput_at", "itu_indoor_loss_db",
    "log_distance_loss_db", "mcs_at", "mean_snr_db", "noise_dbm", "outages", "phy_mbps", "ppdu_duration",
    "preamble", "rate_count", "rate_table", "residual_loss", "response_duration", "saturation_throughput",
    "signal_dbm", "subframe_size", "tcp_goodput", "tcp_sharing", "udp_goodput", "udp_sharing", "usable_mcs",
]  # fmt: skip
