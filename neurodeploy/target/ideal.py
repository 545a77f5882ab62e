"""The target `ideal`: no limits, float arithmetic, nothing to lower."""

from neurodeploy.target.spec import TargetSpec

IDEAL = TargetSpec(
    name="ideal",
    emulates="the trained network in float",
    fixed_point=False,
    restores_state=True,
    engines=("numpy",),
)
