"""The lowered network of models/digits as text, so that a change of any pass is seen.

After a wanted change: `python tests/golden/test_show.py` writes the text anew.
"""

from pathlib import Path

import neurodeploy as nd
from neurodeploy.ir.show import show

HERE = Path(__file__).resolve().parent
GOLDEN = HERE / "digits.txt"


def digits():
    return show(nd.compile(nd.load(HERE.parents[1] / "models" / "digits")).network)


def test_digits():
    assert digits() == GOLDEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(digits(), encoding="utf-8")
