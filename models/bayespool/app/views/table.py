"""The table: opened, pasted, mended in its cells; what is wrong stands beside the cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nicegui import events, ui

from bayespool.app.saved import LARGEST_SESSION
from bayespool.app.session import Session
from bayespool.app.sheet import Sheet, pasted
from bayespool.app.views.columns import ColumnsView
from bayespool.app.views.tables import rows_of
from bayespool.app.views.view import Change, View
from bayespool.datasets import dataset_card, dataset_names
from bayespool.studies import TableError
from bayespool.studies.limits import MOST_BYTES
from bayespool.studies.sources import SUFFIXES

if TYPE_CHECKING:
    from bayespool.studies import Problem

ALLOWED = ",".join((*SUFFIXES, ".json"))
CELL_CLASS = {"fault": "data.faults && data.faults[colDef.field]"}
CELL_WORDS = "params => params.data.faults ? params.data.faults[params.colDef.field] : null"
ROW_ID = "params => String(params.data.row)"
ROW_CLASS = {"off": "!data.used"}
LOWEST, HIGHEST, LINE = 8, 14, 34  # rows that are seen at once, and the height of one


class TableView(View):
    """The part of the page that holds the table."""

    def __init__(self, session: Session, change: Change) -> None:
        super().__init__(session, change)
        self._grid: Any = None
        self._header: tuple[str, ...] = ()
        self._build()
        ui.on("study", self._clicked)

    def _build(self) -> None:
        with ui.element("section").classes("part").props('aria-label="Table"'):
            ui.html("Table", tag="h2")
            self._open = ui.expansion("Open a table", icon="upload_file", value=True).classes(
                "part"
            )
            with self._open:
                self._upload = ui.upload(
                    label="Drop a table or a saved session here (CSV, Excel, Parquet, Cochrane)",
                    auto_upload=True, max_files=1, max_file_size=LARGEST_SESSION,
                    on_upload=self._uploaded, on_rejected=self._rejected,
                ).props(f'accept="{ALLOWED}" flat')  # fmt: skip
                self._pasted = (
                    ui.textarea("Or paste cells from a spreadsheet, with their header")
                    .props("outlined dense rows=3")
                    .classes("part")
                )
                with ui.element("div").classes("line"):
                    ui.button("Use what is pasted", on_click=self._paste).props("no-caps outline")
                    names = {name: _title(name) for name in dataset_names()}
                    ui.select(names, label="Or look at an example", on_change=self._example).props(
                        "dense outlined options-dense"
                    ).style("flex: 1; min-width: 12rem")
            self._refused = ui.element("div").classes("part").props('role="alert"')
            self._wrong = ui.element("div").classes("part")
            self._place = ui.element("div").classes("part")
            self._columns = ColumnsView(self._session, self._change)
            self._said = ui.element("div").classes("part").props('aria-live="polite"')

    async def _uploaded(self, event: events.UploadEventArguments) -> None:
        content = await event.file.read()
        self._upload.reset()
        if event.file.name.lower().endswith(".json"):
            await self._opened(self._session.open, content)
        else:
            await self._opened(self._session.load, event.file.name, content)

    def _rejected(self) -> None:
        self._refuse(f"Allowed are files up to {MOST_BYTES // 2**20} MiB that end in {ALLOWED}.")

    async def _paste(self) -> None:
        if self._pasted.value.strip():
            source = pasted(self._pasted.value)
            await self._opened(self._session.load, source.file, source.content)

    async def _example(self, event: events.ValueChangeEventArguments) -> None:
        if event.value:
            await self._opened(self._session.load_dataset, event.value)

    async def _opened(self, action: Callable[..., None], *arguments: Any) -> None:
        try:
            await self._change(action, *arguments)
        except TableError as error:
            self._refuse(str(error))
        except ValueError as error:
            self._refuse(str(error))
        else:
            self._open.close()
            self._pasted.set_value("")

    def _refuse(self, words: str) -> None:
        self._refused.clear()
        with self._refused:
            ui.label(words).classes("faults").style("white-space: pre-wrap")

    def refresh(self) -> None:
        """Show the table as it is now."""
        self._refused.clear()
        sheet = self._session.sheet
        if sheet is None:
            return
        self._columns.refresh()
        if not sheet.header:
            self._place.clear()
            self._grid, self._header = None, ()
        elif self._grid is None or self._header != sheet.header:
            self._make_grid(sheet)
        else:
            self._grid.run_grid_method("setGridOption", "rowData", self._rows(sheet))
            self._grid.run_grid_method("refreshCells", {"force": True})
            self._grid.style(f"height: {_height(len(sheet.rows))}px")
        self._say()

    def _make_grid(self, sheet: Sheet) -> None:
        self._header = sheet.header
        self._place.clear()
        with self._place:
            self._grid = ui.aggrid(self._options(sheet), auto_size_columns=False).classes("grid")
            self._grid.style(f"height: {_height(len(sheet.rows))}px")
            self._grid.on("cellValueChanged", self._edited, ["colId", "rowId", "newValue"])
            with ui.element("div").classes("line"):
                ui.button("Add a row", icon="add", on_click=self._add).props("flat dense no-caps")
                ui.label("Untick a row, or click its study in a plot, to leave it out.").classes(
                    "said"
                )

    def _options(self, sheet: Sheet) -> dict[str, Any]:
        columns: list[dict[str, Any]] = [
            {"field": "used", "headerName": "Use", "editable": True, "width": 64, "pinned": "left",
             "cellDataType": "boolean", "sortable": False},
            {"field": "number", "headerName": "Row", "width": 62, "pinned": "left",
             "sortable": False},
        ]  # fmt: skip
        columns += [
            {
                "field": f"c{i}", "headerName": name or f"column {i + 1}", "editable": True,
                "minWidth": 150 if i == 0 else 84, "flex": 2 if i == 0 else 1, "sortable": False,
                "cellDataType": "text", "cellClassRules": CELL_CLASS,
                ":tooltipValueGetter": CELL_WORDS,
            }
            for i, name in enumerate(sheet.header)
        ]  # fmt: skip
        return {
            "columnDefs": columns, "rowData": self._rows(sheet), ":getRowId": ROW_ID,
            "rowClassRules": ROW_CLASS, "tooltipShowDelay": 200, "rowHeight": LINE,
            "headerHeight": LINE, "enterNavigatesVerticallyAfterEdit": True,
            "stopEditingWhenCellsLoseFocus": True, "suppressMovableColumns": True,
        }  # fmt: skip

    def _rows(self, sheet: Sheet) -> list[dict[str, Any]]:
        faults = self._faults(sheet)
        return [
            {"row": i, "used": i not in sheet.off, "number": sheet.numbers[i],
             "faults": faults.get(i, {})}
            | {f"c{j}": text for j, text in enumerate(row)}
            for i, row in enumerate(sheet.rows)
        ]  # fmt: skip

    def _faults(self, sheet: Sheet) -> dict[int, dict[str, str]]:
        """What is wrong, by row and field; of a row as a whole beside its first cell."""
        found: dict[int, dict[str, str]] = {}
        for problem in self._session.understood.problems:
            row = None if problem.row is None else sheet.index_of(problem.row)
            if row is not None:
                words = f"{problem.rule}; {problem.allowed}"
                found.setdefault(row, {})[_field(sheet, problem)] = words
        return found

    async def _clicked(self, event: events.GenericEventArguments) -> None:
        """A study was clicked in a plot; one of an earlier table may be another row now."""
        row, sheet = event.args, self._session.sheet
        known = isinstance(row, int) and sheet is not None and 0 <= row < len(sheet.rows)
        if known and self._session.is_current:
            await self._change(self._session.edit, lambda sheet: sheet.switched(row))

    async def _edited(self, event: events.GenericEventArguments) -> None:
        row, field, value = int(event.args["rowId"]), event.args["colId"], event.args["newValue"]
        if field == "used":
            await self._change(self._session.edit, lambda sheet: sheet.switched(row))
        else:
            text, column = "" if value is None else str(value), int(field[1:])
            await self._change(self._session.edit, lambda sheet: sheet.with_cell(row, column, text))

    async def _add(self) -> None:
        await self._change(self._session.edit, lambda sheet: sheet.with_row())

    def _say(self) -> None:
        about, sheet = self._session.understood, self._session.sheet
        assert sheet is not None
        self._wrong.clear()
        with self._wrong:
            if about.problems:
                with ui.element("div").classes("faults").props('role="alert"'):
                    ui.label(f"To be mended ({len(about.problems)}):").style("font-weight: 600")
                    for problem in about.problems:
                        self._fault(sheet, problem)
            elif about.refusal:
                ui.label(about.refusal).classes("faults").props('role="alert"')
        self._said.clear()
        with self._said:
            if about.sentence:
                ui.label(f"{sheet.source.file}: {about.sentence}.").classes("said")
            if about.warnings:
                with ui.element("div").classes("odd"):
                    for sentence in about.warnings:
                        ui.label(sentence)
            if about.columns:
                with ui.expansion("How every column and row is read", icon="rule").classes("part"):
                    rows_of("", ("Column", "is taken for"), about.columns)
                    rows_of("", ("Row", "says"), about.rows)

    def _fault(self, sheet: Sheet, problem: Problem) -> None:
        row = None if problem.row is None else sheet.index_of(problem.row)
        if row is None:
            ui.label(str(problem))
            return

        def go() -> None:
            self._grid.run_grid_method("ensureIndexVisible", row)
            self._grid.run_grid_method("setFocusedCell", row, _field(sheet, problem))

        ui.button(str(problem), on_click=go).props("flat dense")


def _field(sheet: Sheet, problem: Problem) -> str:
    column = problem.column
    return f"c{sheet.header.index(column)}" if column in sheet.header else "c0"


def _height(rows: int) -> int:
    return LINE * (min(max(rows, LOWEST), HIGHEST) + 1) + 18


def _title(name: str) -> str:
    return dataset_card(name).splitlines()[0].lstrip("# ")
