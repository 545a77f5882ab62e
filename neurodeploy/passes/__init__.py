"""The passes in order; each returns a new network and leaves one note."""

from collections.abc import Callable

from neurodeploy.ir.network import Network
from neurodeploy.passes.align_delays import align_delays
from neurodeploy.passes.bias_source import bias_source
from neurodeploy.passes.choose_cells import choose_cells
from neurodeploy.passes.correct_time_constants import correct_time_constants
from neurodeploy.passes.fold_affine import fold_affine
from neurodeploy.passes.quantise import quantise
from neurodeploy.passes.scale_weights import scale_weights
from neurodeploy.passes.settings import Settings, WeightScale
from neurodeploy.passes.soft_reset import soft_reset
from neurodeploy.passes.split_rows import split_rows
from neurodeploy.passes.split_signs import split_signs

Pass = Callable[[Network, Settings], Network]

#: The passes whose result still computes in trained units what was trained: `ideal` runs it, and
#: so measures on sample data what the receptors of the lowered network will get.
SHAPING: tuple[Pass, ...] = (fold_affine, correct_time_constants, bias_source, soft_reset)

PIPELINE: tuple[Pass, ...] = (
    *SHAPING,
    align_delays,
    choose_cells,
    split_signs,
    scale_weights,
    quantise,
    split_rows,
)

__all__ = ["PIPELINE", "SHAPING", "Pass", "Settings", "WeightScale"]
