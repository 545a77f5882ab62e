"""The Brian2 engine, bit for bit, against plain Python integers."""

from board_reference import simulate
from hypothesis import HealthCheck, given, settings
from random_networks import assert_same, build, make_net, nets, run

SLOW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@SLOW
@given(nets)
def test_random_networks_are_bit_exact(net):
    assert_same(run(net), simulate(net))


def test_the_random_networks_reach_what_they_are_for():
    """Spikes, negative currents, saturation: else the property above would prove little."""
    spikes = saturated = 0
    for seed in range(8):
        net = make_net(seed, 1000, 40, heavy=True)
        result = simulate(net)
        spikes += sum(len(result[number][0]) for number in (1, 2))
        sim, pops = build(net)
        sim.run(40.0)
        saturated += sum(pop.saturations for pop in pops)
    assert spikes > 100
    assert saturated > 10
