"""The kinds with a neuron model of their own: StocExp, StocExpStable, StocSigma."""

from collections.abc import Sequence
from decimal import Decimal, localcontext

from .arithmetic import UNSIGNED, kiss64, mul, validate_seed, wrap
from .kinds import SEEDS
from .reference import Neuron, Sample

MIN_TAU = 0x10B55
MAX = UNSIGNED


def _powers(sign: int) -> list[int]:
    """2 to the +-1/2, +-1/4, ... +-1/32768, U16.16, cut."""
    with localcontext() as context:
        context.prec = 50
        return [int(Decimal(2) ** (sign * Decimal(2) ** -i) * 65536) for i in range(1, 16)]


UP, DOWN = _powers(1), _powers(-1)


def probability(tau: int, p: int) -> int:
    """tau times 2 to the p, as a 32-bit probability; tau U16.16, p S16.15."""
    if p >= 0:
        if tau >= 0x10000 or p >= (32 - tau.bit_length() - 15) << 15:
            return MAX
        product, powers, part = tau << (p >> 15), UP, p & 0x7FFF
    else:
        if tau > MIN_TAU or -p >= tau.bit_length() << 15:
            return MAX if tau > MIN_TAU else 0
        product, powers, part = tau >> (-p >> 15), DOWN, -p & 0x7FFF
    for i in range(15):
        if part >> 14 - i & 1:
            product = product * powers[i] >> 16
            if p >= 0 and product >= 0x10000:
                return MAX
    return product * MAX >> 16 & MAX


def power_of_2(p: int) -> int:
    """2 to the p, U16.16, from S16.15."""
    if p >= 16 << 15:
        return 0xFFFFFFFE
    if p <= -16 << 15:
        return 0
    product, powers = (1 << 16 + (p >> 15), UP) if p >= 0 else (0x10000 >> (-p >> 15), DOWN)
    for i in range(15):
        if abs(p) >> 14 - i & 1:
            product = min(product * powers[i] >> 16, MAX)
    return product


def ceil_div(a: int, b: int) -> int:
    """Quotient of two U16.16 numbers, rounded up."""
    q = (a << 16) // b & UNSIGNED
    return (q >> 16) + (1 if q & 0xFFFF else 0)


class StocExp:
    """Spikes with probability 2^v / tau, v being the input of the tick."""

    tau_name = "tau"

    def load(self, n: Neuron) -> None:
        n.seed[:] = validate_seed([n.words[s] & UNSIGNED for s in SEEDS])
        n.derived["T"] = ceil_div(n.words[self.tau_name], n.words["timestep"])
        n.derived["exc"] = n.derived["inh"] = 0
        self.load_gain(n)

    def reload(self, n: Neuron) -> None:
        for name, value in zip(SEEDS, n.seed, strict=True):
            n.words[name] = value
        self.load(n)

    def load_gain(self, n: Neuron) -> None:
        n.derived["gain"] = (1 << 32) // n.words["tau"] & 0xFFFF

    def held(self, n: Neuron) -> int:
        return 0

    def voltage(self, n: Neuron) -> int:
        return wrap(n.words["bias"] + n.derived["exc"] - n.derived["inh"])

    def chance(self, n: Neuron, v: int) -> int:
        return probability(n.derived["gain"], v)

    def after(self, n: Neuron, v: int, spiked: bool) -> None:
        pass

    def receive(self, n: Neuron, inputs: Sequence[int]) -> None:
        for name, value in zip(("exc", "inh"), inputs, strict=True):
            n.derived[name] = wrap(n.derived[name] + value)

    def advance(self, n: Neuron, _source: int = 0) -> Sample:
        exc, inh = n.derived["exc"], n.derived["inh"]
        if n.words["refract_init"] & UNSIGNED:
            n.words["refract_init"] -= 1
            n.derived["exc"] = n.derived["inh"] = 0
            return Sample((self.held(n), exc, inh, 0), 1)
        v = self.voltage(n)
        n.derived["exc"] = n.derived["inh"] = 0
        chance = self.chance(n, v)
        spiked = kiss64(n.seed) < chance
        if spiked:
            n.words["refract_init"] = n.derived["T"] - 1
        self.after(n, v, spiked)
        return Sample((v, exc, inh, wrap(chance)), int(spiked))


class StocExpStable(StocExp):
    """Spikes with probability tau 2^v; v stays."""

    tau_name = "tau_refrac"

    def load_gain(self, n: Neuron) -> None:
        n.derived["gain"] = n.words["tau"] & UNSIGNED

    def held(self, n: Neuron) -> int:
        return n.words["v_init"]

    def voltage(self, n: Neuron) -> int:
        n.words["v_init"] = wrap(n.words["v_init"] + super().voltage(n))
        return n.words["v_init"]

    def after(self, n: Neuron, v: int, spiked: bool) -> None:
        n.words["v_init"] = max(n.words["v_reset"] if spiked else v, n.words["v_reset"])


class StocSigma(StocExp):
    """Spikes with probability 2^-2^(-alpha v)."""

    tau_name = "tau_refrac"

    def load_gain(self, n: Neuron) -> None:
        pass

    def voltage(self, n: Neuron) -> int:
        # The bias counts against the spike.
        return wrap(n.derived["exc"] - n.derived["inh"] - n.words["bias"])

    def chance(self, n: Neuron, v: int) -> int:
        first = power_of_2(wrap(-mul(v, n.words["alpha"])))
        return power_of_2(wrap(-(first >> 1))) * MAX >> 16 & MAX
