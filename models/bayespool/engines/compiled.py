"""A PyMC model as nutpie samples it: C functions around the machine code of its `Density`.

nutpie's own ``compile_pymc_model`` writes a model's numbers into the code, and wraps it in a way
that takes numba several seconds each time and that no cache keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from bayespool.engines.density import Density, density

Array = np.ndarray
POINT = "point"
NOT_FINITE = 3  # what nutpie takes for a density that is no number
_compiled: list[tuple[Density, Any, Any]] = []  # in this process, by structure


def compile_model(model: Any) -> tuple[Any, Density]:
    """What `nutpie.sample` takes, of which it draws unconstrained points, and the density.

    Parameters
    ----------
    model : pymc.Model
    """
    from nutpie.compile_pymc import CompiledPyMCModel

    found = density(model)
    n = found.start.size

    def start(seed: int) -> Array:
        return found.start + np.random.default_rng(seed).uniform(-1.0, 1.0, n)

    ready = CompiledPyMCModel(
        dims={}, _coords={}, _n_dim=n, _shapes={POINT: (n,)}, n_expanded=n,
        shape_info=([POINT], [slice(0, n)], [(n,)]), initial_point_func=start,
        compiled_logp_func=_c_function(model, found), compiled_expand_func=_c_copy(),
        user_data=found.numbers, shared_data={}, shared_var_keys={}, logp_func=None,
        expand_func=None,
    )  # fmt: skip
    return ready, found


def values_at(
    model: Any, found: Density, points: Array, names: Sequence[str]
) -> Mapping[str, Array]:
    """Variables of the model at unconstrained points.

    Parameters
    ----------
    model : pymc.Model
    found : Density
    points : array, shape (..., n_parameters)
    names : names of free or deterministic variables

    Returns
    -------
    mapping of str to array, shape (..., *shape of the variable)
    """
    import pytensor
    import pytensor.tensor as pt
    from pytensor.graph.replace import vectorize_graph

    flat = points.reshape(-1, points.shape[-1])
    stacked, arrays, position = {}, [], 0
    for value in found.values:
        shape = np.shape(found.initial[value.name])
        size = int(np.prod(shape))
        arrays.append(flat[:, position : position + size].reshape(-1, *shape))
        stacked[value] = pt.tensor(value.name, shape=(None, *shape), dtype=value.dtype)
        position += size
    outputs = vectorize_graph(model.replace_rvs_by_values([model[name] for name in names]), stacked)
    mode = pytensor.compile.mode.Mode(linker="py", optimizer=None)
    function = pytensor.function([*stacked.values()], outputs, mode=mode, on_unused_input="ignore")
    results = map(np.asarray, function(*arrays))
    return {
        name: x.reshape(points.shape[:-1] + x.shape[1:])
        for name, x in zip(names, results, strict=True)
    }


def _c_function(model: Any, found: Density) -> Any:
    """The density as a C function, compiled unless this process has one of its structure."""
    for known, _, function in _compiled:
        if known.same_structure(found):
            return function
    import pytensor
    from pymc.pytensorf import compile as compile_graph

    point, data, *outputs = found.function()
    # numba's fast mathematics gives other bits from its cache than when it compiles
    with model, pytensor.config.change_flags(numba__fastmath=False):
        machine = compile_graph(
            [point, data], outputs, mode="NUMBA", on_unused_input="ignore"
        ).vm.jit_fn
        function = _c_density(machine)
    _compiled.append((found, machine, function))
    return function


def _c_density(machine: Any) -> Any:
    from numba import carray, cfunc, types

    number = types.CPointer(types.double)

    def evaluate(n, point, gradient, value, data):  # type: ignore[no-untyped-def]
        length = int(carray(data, (1,), np.float64)[0])
        density, slope = machine(carray(point, (n,)), carray(data, (length,), np.float64))
        result = density[()]
        value[0] = result
        finite = np.isfinite(result)
        for i in range(n):
            gradient[i] = slope[i]
            finite = finite and np.isfinite(slope[i])
        return 0 if finite else NOT_FINITE

    signature = types.int64(types.uint64, number, number, number, types.voidptr)
    return cfunc(signature)(evaluate)


@cache
def _c_copy() -> Any:
    """What nutpie keeps of a point: the point itself."""
    from numba import cfunc, types

    number = types.CPointer(types.double)

    def copy(n, m, point, kept, data):  # type: ignore[no-untyped-def]
        for i in range(n):
            kept[i] = point[i]
        return 0

    signature = types.int64(types.uint64, types.uint64, number, number, types.voidptr)
    return cfunc(signature)(copy)
