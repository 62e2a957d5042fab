"""Arithmetic in authored quizzes, as in `w - 0.1*g`: read as a syntax tree of few kinds of node, never run.

    evaluate("w - 0.1*g", {"w": 2, "g": 0.5})    # 1.95

Numbers, names, + - * / // % **, comparisons, and, or, not, `a if b else c`, and the functions and
constants below. Values are ints, floats and bools. What would take long is refused: powers and
factorials are bounded, and no integer grows past MAX_BITS.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise

Number = int | float

MAX_CHARACTERS = 500
MAX_DEPTH = 50
MAX_BITS = 512
MAX_DIGITS = 20

FUNCTIONS: dict[str, Callable[..., Number]] = {
    "abs": abs, "min": min, "max": max, "round": round, "floor": math.floor, "ceil": math.ceil,
    "sqrt": math.sqrt, "exp": math.exp, "log": math.log, "log2": math.log2, "log10": math.log10,
    "sin": math.sin, "cos": math.cos, "tanh": math.tanh, "comb": math.comb, "gcd": math.gcd,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "relu": lambda x: max(0, x),
}  # fmt: skip
CONSTANTS: dict[str, Number] = {"pi": math.pi, "e": math.e}

_BINARY: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], Callable[[Number], Number]] = {
    ast.UAdd: operator.pos, ast.USub: operator.neg, ast.Not: operator.not_,
}  # fmt: skip
_COMPARED: dict[type[ast.cmpop], Callable[[Number, Number], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip


class ExpressionError(ValueError):
    """An expression that is none, or has no value for these parameters; `str()` is for its author."""


def evaluate(text: str, values: Mapping[str, Number]) -> Number:
    """The value of `text` where names stand for `values`; finite. Raises ExpressionError."""
    tree = parsed(text)
    try:
        found = _value(tree, {**CONSTANTS, **values})
    except (ZeroDivisionError, OverflowError, ValueError, TypeError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError(f"{text!r} has no value: {error}") from None
    if isinstance(found, float) and not math.isfinite(found):
        raise ExpressionError(f"{text!r} is {found}")
    return found


@lru_cache(maxsize=4096)
def parsed(text: str) -> ast.expr:
    """The tree of `text`, of allowed nodes only. Raises ExpressionError."""
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"an expression has at most {MAX_CHARACTERS} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"{text!r} is no expression") from None
    _check(tree, text, MAX_DEPTH)
    return tree


def names(text: str) -> frozenset[str]:
    """The parameters that `text` needs. Raises ExpressionError."""
    tree = parsed(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}
    return frozenset(used - CONSTANTS.keys())


def _check(node: ast.expr, text: str, depth: int) -> None:
    if depth == 0:
        raise ExpressionError(f"{text!r} is nested too deep")
    match node:
        case ast.Constant(value=bool() | int() | float()):
            return
        case ast.Name():
            return
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            inner = [left, right]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            inner = [operand]
        case ast.BoolOp(values=parts):
            inner = parts
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARED for op in ops):
            inner = [left, *others]
        case ast.IfExp(test=test, body=body, orelse=other):
            inner = [test, body, other]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            if name not in FUNCTIONS:
                raise ExpressionError(f"no function {name!r}; there are {', '.join(FUNCTIONS)}")
            if any(isinstance(argument, ast.Starred) for argument in args):
                raise ExpressionError(f"{text!r}: a star is not allowed here")
            inner = args
        case _:
            raise ExpressionError(
                f"{text!r}: only numbers, names, arithmetic, comparisons and calls are allowed"
            )
    for part in inner:
        _check(part, text, depth - 1)


def _value(node: ast.expr, values: Mapping[str, Number]) -> Number:
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            return _bounded(value)
        case ast.Name(id=name):
            if name not in values:
                raise ExpressionError(f"no parameter {name!r}")
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(op, _value(left, values), _value(right, values))
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](_value(operand, values))
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_value(part, values) for part in parts)
        case ast.BoolOp(values=parts):
            return any(_value(part, values) for part in parts)
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_value(part, values) for part in (left, *others)]
            pairs = zip(ops, pairwise(sides), strict=True)
            return all(_COMPARED[type(op)](one, other) for op, (one, other) in pairs)
        case ast.IfExp(test=test, body=body, orelse=other):
            return _value(body if _value(test, values) else other, values)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _called(name, [_value(argument, values) for argument in args])
    raise AssertionError(node)  # parsed() lets nothing else through


def _binary(op: ast.operator, left: Number, right: Number) -> Number:
    if isinstance(op, ast.Pow):
        bits = abs(left).bit_length() if isinstance(left, int) else 0
        if isinstance(right, int) and bits * abs(right) > MAX_BITS:
            raise ExpressionError("a power is too large")
        result = left**right
        if isinstance(result, complex):
            raise ExpressionError("a power of a negative number is no real number")
        return _bounded(result)
    return _bounded(_BINARY[type(op)](left, right))


def _called(name: str, arguments: list[Number]) -> Number:
    if name == "comb" and any(abs(value) > MAX_BITS for value in arguments):
        raise ExpressionError(f"comb is for numbers up to {MAX_BITS}")
    if name == "round" and any(abs(digits) > MAX_DIGITS for digits in arguments[1:]):
        raise ExpressionError(f"round is to {MAX_DIGITS} digits at most")
    return _bounded(FUNCTIONS[name](*arguments))


def _bounded(value: Number) -> Number:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise ExpressionError("a number is too large")
    return value
