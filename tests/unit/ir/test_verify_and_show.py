from dataclasses import replace

import numpy as np
import pytest

from neurodeploy.errors import VerifyError
from neurodeploy.ir.network import Network, Population, Projection
from neurodeploy.ir.show import show
from neurodeploy.ir.verify import verify


def network():
    proj = Projection(
        "in -> out", "in", "out",
        pre_index=np.array([0, 1, 0], dtype=np.int32),
        post_index=np.array([0, 0, 1], dtype=np.int32),
        weight=np.array([1.0, -2.0, 0.5]),
    )  # fmt: skip
    pops = (Population("in", 2, kind="input"), Population("out", 2, bias=np.array([0.1, 0.2])))
    return Network("tiny", 1.0, pops, (proj,), "out")


def with_projection(**changes):
    net = network()
    return replace(net, projections=(replace(net.projections[0], **changes),))


BROKEN = {
    "two populations are called 'in'": replace(
        network(), populations=(*network().populations, Population("in", 1))
    ),
    "two projections are called": replace(network(), projections=network().projections * 2),
    "2 input populations": replace(
        network(), populations=(*network().populations, Population("more", 1, kind="input"))
    ),
    "the output 'in' is not": replace(network(), output="in"),
    "do not both exist": with_projection(pre="nobody"),
    "ends on the source 'in'": with_projection(post="in"),
    "different lengths": with_projection(weight=np.array([1.0])),
    "outside its population": with_projection(pre_index=np.array([0, 2, 0], dtype=np.int32)),
    "joins a neuron outside": with_projection(post_index=np.array([-1, 0, 0], dtype=np.int32)),
    "NaN or infinite": with_projection(weight=np.array([1.0, np.nan, 0.5])),
    "negative weight on the excitatory": with_projection(receptor="excitatory"),
    "delay of 0.5 ms": with_projection(delay_ms=0.5),
    "delay of 1.5 ms": with_projection(delay_ms=1.5),
    "one value for each of 2": network().with_population(Population("out", 2, bias=np.zeros(3))),
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_rule_is_named(text):
    with pytest.raises(VerifyError) as caught:
        verify(BROKEN[text])
    assert text in str(caught.value)


def test_good_network_is_returned():
    net = network()
    assert verify(net) is net


def test_every_broken_rule_is_named():
    with pytest.raises(VerifyError, match=r"the output 'x'.*NaN or infinite"):
        verify(replace(with_projection(weight=np.array([1.0, np.inf, 0.5])), output="x"))


def test_show():
    assert show(network().noted("did a thing")) == (
        "network tiny  timestep 1 ms  output out\n"
        "population in  2 x input\n"
        "population out  2 x neurons\n"
        "    bias 0.1 .. 0.2\n"
        "projection in -> out  in -> out  3 synapses  weight -2 .. 1\n"
        "note did a thing\n"
    )


def test_a_note_stands_once():
    assert network().noted("a").noted("b").noted("a").notes == ("a", "b")


def test_lookups():
    net = network()
    assert net.inputs.name == "in"
    assert [p.name for p in net.neurons] == ["out"]
    assert [p.name for p in net.incoming("out")] == ["in -> out"]
    assert net.incoming("in") == ()
