"""The log density of a PyMC model as a function whose numbers are arguments.

The table, the sizes of its groups and the parameters of the priors are taken out of the graph and
handed over at run time. A model of the same structure with other numbers is then the same function:
in a process it is compiled once, and PyTensor finds the code of earlier processes on its disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray
MOST_NUMBERS = 30  # arrays; a graph of more has terms for single rows and is one table's own


@dataclass(frozen=True, eq=False)
class Density:
    """A model's log density as a graph, and its numbers.

    Attributes
    ----------
    values : sequence of symbolic variables
        Unconstrained parameters, scalars first.
    shapes : sequence of tuples of symbolic integers
        Theirs, from `data`.
    data : symbolic vector
        The numbers (see `_InOneVector`).
    graph : symbolic scalar
        The log density, of `values` and `data`.
    numbers : array
        What `data` is for this model.
    initial : mapping of name to array
        Where the parameters start.
    """

    values: Sequence[Any]
    shapes: Sequence[tuple[Any, ...]]
    data: Any
    graph: Any
    numbers: Array
    initial: Mapping[str, Array]

    @property
    def start(self) -> Array:
        """Where the parameters start, one after the other."""
        parts = [np.ravel(self.initial[value.name]) for value in self.values]
        return np.concatenate(parts).astype(float)

    def same_structure(self, other: Density) -> bool:
        """The two are one function of other numbers."""
        from pytensor.graph.basic import equal_computations

        mine, theirs = ([*x.values, x.data] for x in (self, other))
        if [(x.name, x.type) for x in mine] != [(x.name, x.type) for x in theirs]:
            return False
        sizes = ([n for shape in x.shapes for n in shape] for x in (self, other))
        a, b = ([x.graph, *n] for x, n in zip((self, other), sizes, strict=True))
        return len(a) == len(b) and bool(equal_computations(a, b, mine, theirs))

    def function(self) -> tuple[Any, Any, Any, Any]:
        """Symbolic point and data, and the log density and its gradient of them."""
        import pytensor.tensor as pt
        from pytensor.graph.replace import clone_replace
        from pytensor.graph.rewriting.utils import rewrite_graph

        # stable before it is differentiated: the derivative of a stable form is stable
        graph = rewrite_graph(self.graph, include=["canonicalize", "stabilize"], clone=True)
        gradient = pt.concatenate([g.ravel() for g in pt.grad(graph, list(self.values))])
        point = pt.dvector("point")
        parts, position = {}, 0
        for value, shape in zip(self.values, self.shapes, strict=True):
            size = pt.prod(pt.stack(shape)) if shape else 1
            part = point[position : position + size].reshape(shape) if shape else point[position]
            parts[value], position = part, position + size
        log_density, gradient = clone_replace([graph, gradient], parts, rebuild_strict=False)
        return point, self.data, log_density, gradient


def density(model: Any) -> Density:
    """Take the numbers out of the log density of a `pymc.Model`."""
    import pytensor.tensor as pt
    from pytensor.graph.replace import clone_replace

    layout: _InOneVector | _InTheGraph
    initial = model.initial_point(0)
    values = sorted(model.value_vars, key=lambda value: np.ndim(initial[value.name]))  # stable
    terms = model.logp(sum=False)  # apart, so that a number of one prior is not another's too
    found = [_numbers(model, term, values) for term in terms]
    own = sum(map(len, found)) > MOST_NUMBERS
    layout = _InTheGraph() if own else _InOneVector()
    shapes = [layout.shape(np.shape(initial[value.name])) for value in values]
    parts = []
    for term, numbers in zip(terms, found, strict=True):
        taken = {x: layout.array(number).astype(x.dtype) for x, number in numbers}
        parts.append(pt.sum(clone_replace([term], taken, rebuild_strict=False)[0]))
    graph = pt.add(*parts) if len(parts) > 1 else parts[0]
    return Density(values, shapes, layout.data, graph, layout.numbers(), initial)


def _numbers(model: Any, graph: Any, values: Sequence[Any]) -> list[tuple[Any, Array]]:
    """What the density is computed from beside its parameters, and may differ in another table.

    Not the data as such but the last things that depend on nothing else, such as binomial
    coefficients. Scalars only where a prior or the size of a dimension made them; others, such as
    an exponent, are part of the structure.
    """
    import pytensor
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.traversal import ancestors, truncated_graph_inputs

    priors = {id(x) for rv in model.free_RVs if rv.ndim == 0 for x in rv.owner.inputs}
    edge = [x for x in truncated_graph_inputs([graph], values) if hasattr(x.type, "ndim")]
    edge = [variable for variable in edge if variable not in values]
    mode = pytensor.compile.mode.Mode(linker="py", optimizer=None)
    known = pytensor.function([], edge, mode=mode)()
    out = []
    for variable, number in zip(edge, map(np.asarray, known), strict=True):
        above = list(ancestors([variable]))
        made = any(isinstance(x, SharedVariable) or id(x) in priors for x in above)
        if number.size > 1 or (number.ndim == 0 and made):
            out.append((variable, number))
    return out


class _InOneVector:
    """Arrays of any shapes as parts of one vector of floats.

    First the length of the whole; then for every array its place and the lengths of its dimensions;
    then all values. A length of 1 is part of the structure, because it broadcasts.
    """

    def __init__(self) -> None:
        import pytensor.tensor as pt

        self.data: Any = pt.dvector("data")
        self._head: list[float] = [0.0]
        self._placed: dict[int, Array] = {}

    def shape(self, lengths: tuple[int, ...]) -> tuple[Any, ...]:
        return tuple(_constant(1) if n == 1 else self._integer(n) for n in lengths)

    def array(self, number: Array) -> Any:
        import pytensor.tensor as pt

        self._placed[len(self._head)] = number.ravel().astype(float)
        place = self._integer(0)
        if number.ndim == 0:
            return self.data[place]
        shape = self.shape(number.shape)
        return self.data[place : place + pt.prod(pt.stack(shape))].reshape(shape)

    def _integer(self, value: int) -> Any:
        self._head.append(float(value))
        return self.data[len(self._head) - 1].astype("int64")

    def numbers(self) -> Array:
        """What the vector is for the arrays that were put into it."""
        head, length = np.array(self._head), len(self._head)
        for index, values in self._placed.items():
            head[index], length = length, length + values.size
        head[0] = length
        return np.concatenate([head, *self._placed.values()])


class _InTheGraph:
    """Arrays that stay constants, of a graph that no other table has."""

    def __init__(self) -> None:
        import pytensor.tensor as pt

        self.data: Any = pt.dvector("data")

    def shape(self, lengths: tuple[int, ...]) -> tuple[Any, ...]:
        return tuple(map(_constant, lengths))

    def array(self, number: Array) -> Any:
        return _constant(number)

    def numbers(self) -> Array:
        """Their number, 1, alone."""
        return np.ones(1)


def _constant(number: Array | int) -> Any:
    import pytensor.tensor as pt

    return pt.constant(number)
