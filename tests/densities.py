"""PyMC's log densities at many points at once, evaluated as the model states them.

Nothing is compiled: every operation of the graph runs its NumPy statement, for all points
together. A test of what a model says needs no more; what is sampled is tested by sampling.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pymc as pm

Array = NDArray[np.float64]


Terms = Callable[[Mapping[str, Any]], dict[str, Array]]


def log_terms(model: pm.Model, *, jacobian: bool = False) -> Terms:
    """The terms of a model's log density as a function of its value variables.

    Parameters
    ----------
    model : pm.Model
    jacobian : bool
        Whether a term has the Jacobian of its variable's transformation.

    Returns
    -------
    function
        Takes an array (points, *shape) for the name of every value variable (``tau_log__``), and
        gives an array (points, *shape) for the name of every variable and potential.
    """
    import pytensor
    import pytensor.tensor as pt
    from pytensor.compile.mode import Mode
    from pytensor.graph.replace import vectorize_graph

    names = [variable.name for variable in (*model.basic_RVs, *model.potentials)]
    terms = model.logp(jacobian=jacobian, sum=False)
    many = {
        one: pt.tensor(one.name, dtype=one.dtype, shape=(None, *one.type.shape))
        for one in model.value_vars
    }
    # without a C++ compiler inner graphs, too, run as Python
    with pytensor.config.change_flags(cxx=""):
        function = pytensor.function(
            list(many.values()), vectorize_graph(terms, many),
            mode=Mode("py", "fast_run").excluding("fusion"), on_unused_input="ignore",
        )  # fmt: skip

    def at(points: Mapping[str, Any]) -> dict[str, Array]:
        values = [np.asarray(points[one.name], one.dtype) for one in many]
        n = len(values[0])
        with pytensor.config.change_flags(cxx=""):
            found = function(*values)
        return {  # a term that depends on no variable is the same at every point
            name: np.broadcast_to(x, (n, *x.shape)) if x.ndim == term.ndim else x
            for name, x, term in zip(names, found, terms, strict=True)
        }

    return at


def integrated(
    model: pm.Model, shared: Mapping[str, Any], axes: Mapping[str, Sequence[Array]]
) -> Array:
    """Log likelihood of every study, its effects summed over a product of evenly spaced axes.

    Parameters
    ----------
    model : pm.Model
    shared : (points,) of every value variable that all studies share
    axes : value variable -> its axes
        The variable has a row for every study, and as many columns as there are axes, or none and
        one axis. Every study takes the same points.

    Returns
    -------
    (n_studies, points)
    """
    start, at = model.initial_point(), log_terms(model, jacobian=True)
    every = [axis for of_one in axes.values() for axis in of_one]
    product = np.array(list(itertools.product(*every)))
    ends = np.cumsum([len(of_one) for of_one in axes.values()])
    effects = {}
    for name, block in zip(axes, np.split(product, ends[:-1], axis=1), strict=True):
        shape = np.shape(start[name])
        rows = block if len(shape) == 1 else block[:, None]
        effects[name] = np.broadcast_to(rows, (len(product), *shape))
    parameters = {rv.name for rv, one in model.rvs_to_values.items() if one.name in shared}
    log_width = sum(np.log(axis[1] - axis[0]) for axis in every)
    found = []
    for values in zip(*shared.values(), strict=True):
        same = {name: np.full(len(product), x) for name, x in zip(shared, values, strict=True)}
        rows = [x.reshape(*x.shape[:2], -1).sum(axis=-1)
                for name, x in at(same | effects).items() if name not in parameters]  # fmt: skip
        found.append(np.logaddexp.reduce(np.sum(rows, axis=0), axis=0) + log_width)
    return np.stack(found, axis=1)
