"""Arithmetic in a string, as scripts give probabilities and weights: "exp(-d / 2.0)".

The string is data from a script, so it is walked, not executed: numbers, the names that are
given, comparisons and NumPy's elementary functions are all it can use.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from neurodeploy_brian2.errors import ConfigurationError

_NAMES = (
    "arccos", "arcsin", "arctan", "arctan2", "ceil", "cos", "cosh", "exp", "fabs", "floor",
    "fmod", "hypot", "ldexp", "log", "log10", "modf", "power", "sin", "sinh", "sqrt", "tan",
    "tanh", "maximum", "minimum", "where", "abs", "sign", "clip",
)  # fmt: skip

_FUNCTIONS = {name: getattr(np, name) for name in _NAMES}
_CONSTANTS = {"e": np.e, "pi": np.pi}
_MODULES = ("math", "numpy", "np")
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: np.logical_not,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def evaluate(text: str, **names: Any) -> Any:
    """Return the value of an expression.

    >>> evaluate("2 * exp(0) + d[0]", d=[3.0])
    np.float64(5.0)
    """
    try:
        return _value(ast.parse(text, mode="eval").body, names)
    except (SyntaxError, TypeError, ValueError, KeyError, IndexError) as err:
        raise ConfigurationError(
            f"expression {text!r}",
            f"cannot be evaluated: {err}",
            limit=f"arithmetic of {', '.join(names)}",
        ) from err


def _value(node: ast.AST, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.Name):
        return names[node.id] if node.id in names else _CONSTANTS[node.id]
    if isinstance(node, ast.BinOp):
        call = _OPERATORS[type(node.op)]
        return call(_value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.UnaryOp):
        return _OPERATORS[type(node.op)](_value(node.operand, names))
    return _compound(node, names)


def _compound(node: ast.AST, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Subscript):
        return _value(node.value, names)[_value(node.slice, names)]
    if isinstance(node, ast.Call) and not node.keywords:
        return _FUNCTIONS[_name(node.func)](*(_value(one, names) for one in node.args))
    if isinstance(node, ast.Attribute):
        return _CONSTANTS[_name(node)]
    if isinstance(node, ast.IfExp):
        chosen = node.body if _value(node.test, names) else node.orelse
        return _value(chosen, names)
    if isinstance(node, ast.Compare):
        return _compare(node, names)
    if isinstance(node, ast.BoolOp):
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return join.reduce([_value(one, names) for one in node.values])
    raise ValueError(f"{type(node).__name__} is not arithmetic")


def _compare(node: ast.Compare, names: Mapping[str, Any]) -> Any:
    left, result = _value(node.left, names), None
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = _value(right_node, names)
        one = _OPERATORS[type(op)](left, right)
        result = one if result is None else np.logical_and(result, one)
        left = right
    return result


def _name(node: ast.AST) -> str:
    """Return the name of a function, with or without its module."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id in _MODULES:
            return node.attr
    elif isinstance(node, ast.Name):
        return node.id
    raise ValueError("a function is called by its name")


__all__ = ["evaluate"]
