// A study that is pointed at lights up in the table, the forest plot and the ROC plot.
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
})();
