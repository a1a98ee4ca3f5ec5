"""How much is compared: the crowd, the scenarios, and how long each swap is looked at."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass
class Crowd:
    rate: float = 300  # new connections a second
    keepalive: int = 2000
    gap: str = "2s"  # mean of the random gaps between the requests on one connection


@dataclasses.dataclass
class Scenario:
    start_s: float = 0  # that the program takes to start
    state_mb: int = 0  # that it holds

    @property
    def name(self) -> str:
        state = f", {self.state_mb} MB of state" if self.state_mb else ""
        return f"start {self.start_s:g} s{state}"

    @property
    def short(self) -> str:
        state = f", {self.state_mb / 1024:g} GB" if self.state_mb else ""
        return f"{self.start_s:g} s{state}"

    @property
    def slug(self) -> str:
        return f"{self.start_s:g}s-{self.state_mb}mb"

    @property
    def is_plain(self) -> bool:
        return not self.start_s and not self.state_mb


@dataclasses.dataclass
class Plan:
    crowd: Crowd = dataclasses.field(default_factory=Crowd)
    scenarios: tuple[Scenario, ...] = (Scenario(), Scenario(start_s=2), Scenario(state_mb=1024))
    swaps: int = 3  # of each method in each scenario
    settle_s: float = 0.5  # until the clients' coming up is forgotten
    quiet_s: float = 5.0  # nothing happens: what the same clients see without a swap
    window_s: float = 5.0  # from the command on, of every method: the longer, the wider a gap
    tail_s: float = 3.0  # at least, after a swap: most clients that stay have asked once more


def quick() -> Plan:
    """About a minute with all methods: to see that it works, not what it says."""
    return Plan(
        crowd=Crowd(rate=300, keepalive=200, gap="500ms"),
        scenarios=(Scenario(),),
        swaps=1,
        settle_s=0.2,
        quiet_s=0.5,
        window_s=1.5,
        tail_s=0.3,
    )
