"""The catalogue: one module per group of protocols, each with its own tuple of entries."""

from __future__ import annotations

from ..protocol import Protocol
from . import (
    control,
    databases,
    desktops,
    directories,
    files,
    industry,
    mail,
    management,
    messages,
    names,
    routing,
    shells,
    web,
)

GROUPS = (
    control,
    names,
    routing,
    web,
    mail,
    files,
    shells,
    desktops,
    databases,
    directories,
    management,
    messages,
    industry,
)
CATALOGUE: dict[str, Protocol] = {p.label: p for group in GROUPS for p in group.PROTOCOLS}
