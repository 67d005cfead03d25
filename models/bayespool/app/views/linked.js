// A study that is pointed at lights up in the table, the forest plot and the ROC plot; one that is
// clicked in a plot is left out.
(() => {
  const light = (row, on) => {
    document.querySelectorAll(`[data-row="${row}"], .ag-row[row-id="${row}"]`).forEach(found =>
      found.classList.toggle("lit", on));
  };
  const rowOf = target => {
    const found = target.closest?.("[data-row], .ag-row[row-id]");
    return found ? found.dataset.row ?? found.getAttribute("row-id") : null;
  };
  document.addEventListener("mouseover", event => {
    const row = rowOf(event.target);
    if (row !== null) light(row, true);
  });
  document.addEventListener("mouseout", event => {
    const row = rowOf(event.target);
    if (row !== null) light(row, false);
  });
  document.addEventListener("click", event => {
    const found = event.target.closest?.(".figure [data-row]");
    if (found) emitEvent("study", Number(found.dataset.row));
  });
})();
