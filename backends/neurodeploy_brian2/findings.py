"""What a run reports: where the machine's numbers are not what a script meant.

Each rule is a small function over one run. Rules of `findings_before` need only the plan, those
of `findings_after` what came out. `STRICT` says which findings are errors if a session is strict.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from neurodeploy.api import Finding, TargetError
from neurodeploy_brian2.finding_run import Rule, Run

logger = logging.getLogger(__name__)

STRICT = ("saturation", "carry", "zero weights", "tau", "wrap-around", "undelivered", "misplaced")
"""Findings that are errors in a strict session."""


def apply(rules: Sequence[Rule], run: Run, *, strict: bool) -> list[Finding]:
    """Return what rules find; in a strict session the first that is an error is raised.

    Raises
    ------
    TargetError
        If the session is strict.
    """
    found = [finding for rule in rules for finding in rule(run)]
    for finding in found:
        if strict and finding.kind in STRICT:
            raise TargetError(
                finding.who,
                f"{finding.count} of {finding.of} {finding.detail}",
                limit="none in a strict session",
                todo=finding.todo,
            )
    return found


def log(found: Sequence[Finding]) -> None:
    """Log findings, a line each; neurons that never fired may be meant, so they are no warning."""
    for finding in found:
        level = logging.INFO if finding.kind == "silent" else logging.WARNING
        logger.log(level, "%s", finding)


__all__ = ["STRICT", "apply", "log"]
