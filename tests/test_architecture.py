"""The floors of the house: imports point down only, and importing costs little."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import bayespool

PACKAGE = Path(bayespool.__file__).parent
FLOORS = (
    ("progress",),
    ("parallel",),
    ("numerics", "held", "quantity", "streams", "decoded", "replacing"),
    ("studies", "priors", "empirical", "calls", "frames", "model", "model_options"),
    ("covariance", "datasets", "templates", "design", "estimands", "pymc_rows"),
    ("integration", "hyperparameters"),
    ("hierarchy",),
    ("accuracy", "association", "engines"),
    ("agreement", "choice"),
    ("prediction",),
    ("fitted", "fitting", "storage"),
    ("checks",),
    ("averaging", "bias", "guideline"),
    ("figures",),
    ("report",),
    ("app",),
    ("batch", "cli", "terminal", "plots"),
)
FLOOR = {name: level for level, names in enumerate(FLOORS) for name in names}


def imports_of(path: Path) -> set[str]:
    """First-level parts of the package that a file imports at run time."""
    out = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checking = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in checking:
            continue
        if isinstance(node, ast.ImportFrom) and node.module == "bayespool":
            out |= {a.name for a in node.names if a.name in FLOOR}
        elif (
            isinstance(node, ast.ImportFrom)
            and node.module
            and node.module.startswith("bayespool.")
        ):
            out.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            out |= {a.name.split(".")[1] for a in node.names if a.name.startswith("bayespool.")}
    return out


def test_imports_point_down_only():
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        assert part in FLOOR, f"{part} has no floor in this test"
        wrong += [
            f"{path.relative_to(PACKAGE)} imports {other}"
            for other in imports_of(path)
            if FLOOR[other] > FLOOR[part]
        ]
    assert not wrong


def test_the_check_sees_an_arrow_that_points_up(tmp_path):
    file = tmp_path / "x.py"
    file.write_text("from bayespool.report import build\n")
    assert imports_of(file) == {"report"}


def loaded_after(code: str) -> set[str]:
    """Top-level modules loaded in a fresh interpreter after running `code`."""
    script = f"import sys\n{code}\nprint(*{{m.split('.')[0] for m in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_package_is_cheap():
    heavy = {"pymc", "pytensor", "matplotlib", "arviz_stats", "arviz_plots", "arviz_base", "pandas",
             "xarray", "nutpie", "scipy", "numba"}  # fmt: skip
    assert not heavy & loaded_after("import bayespool")


def test_nothing_but_the_page_needs_nicegui():
    assert "nicegui" not in loaded_after("import bayespool.cli, bayespool.app.session")


def test_nothing_but_a_batch_needs_dask():
    assert not {"distributed", "dask"} & loaded_after("import bayespool.cli, bayespool.batch.plan")


def test_type_checkers_see_every_name_that_the_package_has():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {alias.asname for node in block.body if isinstance(node, ast.ImportFrom)
             for alias in node.names}  # fmt: skip
    assert typed == set(bayespool.__all__)
    assert (PACKAGE / "py.typed").exists()


def test_a_quadrature_summary_needs_no_heavy_package():
    code = (
        "import bayespool as bp\n"
        "from bayespool.report.summary import build_summary\n"
        "from bayespool.report.summary_record import summary_dict\n"
        "f = bp.fit(bp.accuracy.Bivariate(), bp.load_dataset('telomerase'), engine='quadrature')\n"
        "summary_dict(build_summary(f), f)\n"
    )
    heavy = {"pymc", "pytensor", "matplotlib", "arviz_stats", "arviz_plots", "arviz_base", "pandas",
             "xarray", "nutpie", "numba"}  # fmt: skip
    assert not heavy & loaded_after(code)


def asked_of_attributes(source: str) -> list[str]:
    """Places where a model or a table is asked what it is by whether it has an attribute."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        of = ast.unparse(node.args[0]).rpartition(".")[2]
        literal = len(node.args) > 1 and isinstance(node.args[1], ast.Constant)
        if node.func.id in ("hasattr", "getattr") and of in ("studies", "model") and literal:
            found.append(ast.unparse(node))
    return found


def test_models_and_tables_declare_what_they_are():
    wrong = {
        str(path.relative_to(PACKAGE)): found
        for path in PACKAGE.rglob("*.py")
        if (found := asked_of_attributes(path.read_text(encoding="utf-8")))
    }
    assert not wrong


def test_the_check_sees_a_question_to_an_attribute():
    assert asked_of_attributes("if hasattr(fitted.model, 'test'): pass")
    assert asked_of_attributes("getattr(studies, 'partial', ())")
    assert not asked_of_attributes("getattr(studies, name)")
