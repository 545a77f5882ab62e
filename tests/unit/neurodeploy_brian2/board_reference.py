"""The board in plain Python integers: one loop per tick, neuron and synapse.

Written from the specification of the board alone, without a look at the emulator, in the
slowest and plainest way there is. It takes a description of a network in PyNN's units and
does host, load and run itself.
"""

from dataclasses import dataclass, field
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 70
HIGH = [round(Fraction(Decimal(k).exp()) * 2**32) for k in range(-13, 13)]
MID = [round((1 - Fraction((Decimal(-i) / 16).exp())) * 2**32) for i in range(16)]
C0, C1, C2 = 5294, 4293434720, 2081624032
CELL = {
    "tau_m": 20.0,
    "cm": 1.0,
    "v_rest": -65.0,
    "v_reset": -65.0,
    "v_thresh": -50.0,
    "tau_refrac": 0.1,
    "i_offset": 0.0,
    "tau_syn_E": 5.0,
    "tau_syn_I": 5.0,
    "v": -65.0,
    "isyn_exc": 0.0,
    "isyn_inh": 0.0,
}


@dataclass
class Pop:
    kind: str
    size: int
    cell: dict = field(default_factory=dict)
    summed: tuple = (1.0, 1.0)


@dataclass
class Proj:
    pre: int
    post: int
    receptor: str
    rows: list  # pre, post, weight, delay_ms


@dataclass
class Net:
    dt_us: int
    n_ticks: int
    pops: list
    projs: list
    spikes: dict  # source population -> list of lists of times in ms


def s32(x):
    x %= 2**32
    return x - 2**32 if x >= 2**31 else x


def mul(a, b):
    return s32((a * b) >> 15)


def dec(x, d):
    return s32((x * d) >> 32)


def kdivk(a, b):
    return s32(((a << 15) % 2**64) // (b % 2**64))


def scale64(x, y):
    low = (x % 2**32) * y
    r = low >> 32
    if low % 2**32 >= 0x7FFFFFFF:
        r += 1
    return r + (x >> 32) * y


def e64(n):
    z = n >> 15
    f = n - (z << 15)
    if f == 0:
        return HIGH[z + 13]
    z, f = z + 1, 32768 - f
    t = HIGH[z + 13]
    t -= scale64(t, MID[f >> 11])
    y = (f & 0x7FF) << 17
    u = (C1 - ((C2 * y) >> 32)) % 2**32
    u = (u * y) >> 32
    u = (u + C0) % 2**32
    return t - scale64(t, u)


def expk(n):
    if n > 363408:
        return 0x7FFFFFFF
    return 0 if n < -340695 else s32(e64(n) >> 17)


def expulr(n):
    if n > 363408:
        return 0x7FFFFFFF
    return 0 if n < -340695 else e64(n) % 2**32


def encode(value):
    return round(Fraction(Decimal(str(value))) * 2**15)


def shift_of(summed):
    shift = 0
    while 2**shift <= summed:
        shift += 1
    return shift


class Neuron:
    def __init__(self, kind, cell, dt_us, summed):
        p = {name: encode(value) for name, value in (CELL | cell).items()}
        ts = encode(dt_us / 1000)
        self.delta = kind == "IF_curr_delta"
        self.ts = ts
        self.R = kdivk(p["tau_m"], p["cm"])
        self.E = expk(-kdivk(ts, p["tau_m"]))
        q = kdivk(p["tau_refrac"], ts)
        self.T = (q >> 15) + (1 if q & 0x7FFF else 0)
        self.rest, self.reset, self.thresh = p["v_rest"], p["v_reset"], p["v_thresh"]
        self.offset = p["i_offset"]
        self.shift = [shift_of(w) for w in summed]
        self.d, self.init = [], []
        for tau in (p["tau_syn_E"], p["tau_syn_I"]):
            d = expulr(-kdivk(ts, tau))
            self.d.append(d)
            self.init.append(((kdivk(tau, ts) * (0xFFFFFFFF - d)) >> 15) % 2**32)
        self.start = (p["v"], p["isyn_exc"], p["isyn_inh"])
        self.restart()

    def restart(self):
        self.V, self.x, self.refract = self.start[0], list(self.start[1:]), 0
        self.ring = {}

    def receive(self, slot, kind, w):
        a = self.ring.get((slot, kind), 0) + w
        self.ring[slot, kind] = 0xFFFF if a & 0x10000 else a

    def tick(self, t):
        """Return v, gsyn_exc, gsyn_inh as recorded, and whether it spikes."""
        for kind in (0, 1):
            u = self.ring.pop((t, kind), 0)
            if u:
                value = s32(u << self.shift[kind])
                if not self.delta:
                    value = dec(value, self.init[kind])
                self.x[kind] = s32(self.x[kind] + value)
        seen = (self.V, self.x[0], self.x[1])
        current = self.x
        if self.delta:
            current = [mul(x, kdivk(32768, self.ts)) for x in self.x]
        total = s32(current[0] - current[1] + self.offset)
        if self.refract <= 0:
            alpha = s32(mul(total, self.R) + self.rest)
            self.V = s32(alpha - mul(self.E, s32(alpha - self.V)))
        else:
            self.refract -= 1
        fired = self.thresh <= self.V
        if fired:
            self.V, self.refract = self.reset, self.T
        self.x = [0 if self.delta else dec(x, d) for x, d in zip(self.x, self.d, strict=True)]
        return seen, fired


def load(net):
    cells = {}
    for number, pop in enumerate(net.pops):
        if pop.kind != "source":
            for i in range(pop.size):
                cell = {k: v[i] if isinstance(v, list) else v for k, v in pop.cell.items()}
                cells[number, i] = Neuron(pop.kind, cell, net.dt_us, pop.summed)
    out = {}
    for proj in net.projs:
        kind = 1 if proj.receptor == "inhibitory" else 0
        shift = shift_of(net.pops[proj.post].summed[kind])
        for pre, post, weight, delay in proj.rows:
            w = round(Fraction(abs(weight)) * 2**15 / 2**shift) & 0xFFFF
            ticks = max(1, round(max(delay, net.dt_us / 1000) * (1000 / net.dt_us)))
            out.setdefault((proj.pre, pre), []).append(((proj.post, post), kind, w, ticks))
    return cells, out


def source_ticks(net):
    at = {}
    for number, trains in net.spikes.items():
        for i, train in enumerate(trains):
            for time in train:
                tick = -(-int(time * 1000.0) // net.dt_us)
                at.setdefault(tick, []).append((number, i))
    return at


def simulate(net, sample_ticks=None):
    """Return {population: (spikes, v, gsyn_exc, gsyn_inh)}: (tick, i) and [tick][i] bits."""
    cells, out = load(net)
    sent = source_ticks(net)
    spikes = {number: [] for number in range(len(net.pops))}
    trace = {number: ([], [], []) for number in range(len(net.pops))}
    for t in range(net.n_ticks):
        if sample_ticks and t % sample_ticks == 0:
            for cell in cells.values():
                cell.restart()
        rows, firing = update(net, cells, t)
        for number, columns in rows.items():
            for kept, column in zip(trace[number], columns, strict=True):
                kept.append(column)
        for source in sent.get(t, []) + firing:
            spikes[source[0]].append((t, source[1]))
            for target, kind, w, ticks in out.get(source, []):
                cells[target].receive(t + ticks, kind, w)
    return {number: (sorted(spikes[number]), *trace[number]) for number in spikes}


def update(net, cells, t):
    """Run every neuron for a tick; return what is recorded and who fires."""
    rows = {number: ([], [], []) for number in range(len(net.pops))}
    firing = []
    for (number, i), cell in cells.items():
        seen, fired = cell.tick(t)
        for column, value in zip(rows[number], seen, strict=True):
            column.append(value)
        if fired:
            firing.append((number, i))
    return rows, firing
