"""What SpiNNaker cores draw and compute without looking at neuron state, in integers.

    kiss64, variates    the generator, its seeds, normal and exponential numbers
    distributions       weights, delays and parameters as an expander draws them
    neuron_expander     drawn neuron parameters
    expander, scaling   projections that the cores make: `expand`
    connectors          ... without chance
    random_connectors   ... with chance
    rates, poisson      Poisson sources: `poisson_trains`
    current_sources     injected currents

What is drawn where and from which seed is in docs/machine-random.md.
"""
