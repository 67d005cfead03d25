"use strict";
// marks a study wherever it is shown, and answers for other prevalences and thresholds
(() => {
  const make = (tag, props = {}, ...inside) => {
    const made = Object.assign(document.createElement(tag), props);
    made.append(...inside);
    return made;
  };

  const shown = new Map();
  for (const part of document.querySelectorAll("[data-study]")) {
    const key = part.dataset.study;
    shown.set(key, [...(shown.get(key) || []), part]);
  }
  const table = document.querySelector("#studies table");
  const rows = table ? [...table.querySelectorAll("tr[data-study]")] : [];
  const known = new Map(rows.map(row => {
    const head = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
    const [name, ...cells] = [...row.cells].map(cell => cell.textContent);
    const told = cells.map((text, i) => `${head[i + 1]}: ${text}`).join("; ");
    return [row.dataset.study, { name, told: `${name}. ${told}` }];
  }));
  if (known.size) {
    const words = make("p", { className: "told" });
    words.setAttribute("role", "status");
    const list = make("select", { id: "study" }, make("option", { value: "", textContent: "none" }));
    list.append(...[...known].map(([value, one]) => make("option", { value, textContent: one.name })));
    const choice = make("label", { htmlFor: "study", textContent: "Mark a study in figures and table: " });
    const chosen = make("div", { className: "find" }, choice, list, words);
    document.querySelector("#studies > h2").after(chosen);
    const note = document.body.appendChild(make("p", { className: "tip", hidden: true }));
    note.setAttribute("aria-hidden", "true");
    let fixed = "";
    const mark = key => {
      for (const part of document.querySelectorAll(".marked")) part.classList.remove("marked");
      document.body.classList.toggle("marking", key !== "");
      for (const part of shown.get(key) || []) part.classList.add("marked");
      note.textContent = known.has(key) ? known.get(key).told : "";
      note.hidden = !known.has(key);
    };
    const choose = key => {
      fixed = fixed === key ? "" : key;
      list.value = fixed;
      words.textContent = fixed ? known.get(fixed).told : "";
      mark(fixed);
      note.hidden = true;
    };
    list.addEventListener("change", () => { fixed = ""; choose(list.value); });
    document.addEventListener("keydown", event => { if (event.key === "Escape" && fixed) choose(fixed); });
    for (const [key, parts] of shown) {
      if (!known.has(key)) continue;
      for (const part of parts) {
        part.addEventListener("pointerenter", () => mark(key));
        part.addEventListener("pointerleave", () => { mark(fixed); note.hidden = true; });
        part.addEventListener("click", () => choose(key));
      }
    }
    document.addEventListener("pointermove", event => {
      if (note.hidden) return;
      const left = Math.min(event.clientX + 14, innerWidth - note.offsetWidth - 8);
      note.style.left = `${Math.max(8, left)}px`;
      note.style.top = `${Math.min(event.clientY + 16, innerHeight - note.offsetHeight - 8)}px`;
    });
  }

  const explorer = document.getElementById("explorer");
  if (!explorer) return;
  const data = JSON.parse(document.getElementById("numbers").textContent);
  explorer.hidden = false;
  const [prevalence, threshold] = ["prevalence", "threshold"].map(name => document.getElementById(name));
  const whole = x => Math.round(x).toLocaleString("en-GB").replace("-", "\u2212");
  const percent = x => 100 * x < 0.1 ? "< 0.1\u00a0%" : 100 * x > 99.9 ? "> 99.9\u00a0%"
    : `${(100 * x).toFixed(1)}\u00a0%`;
  const range = (values, form) => {
    const [middle, ...ends] = values.map(form);
    const [low, high] = ends.map((text, i) => i ? text : text.replace("\u00a0%", ""));
    return `${middle} (${low} to ${high})`;
  };
  const turned = ([middle, low, high]) => [1 - middle, 1 - high, 1 - low];
  // results that add up to all people
  const rest = (people, form) => x => form(Math.round(people) - Math.round(people - x));
  // odds of an even chance turn into those of any
  const after = (p, of) => of.map(x => x * p / (x * p + (1 - x) * (1 - p)));
  const between = (grid, u) => {
    const at = Math.min(Math.floor(u * (grid.length - 1)), grid.length - 2);
    const share = u * (grid.length - 1) - at;
    return grid[at].map((x, i) => x + share * (grid[at + 1][i] - x));
  };
  const answers = (test, p, t) => {
    const sick = 1000 * p, well = 1000 * (1 - p), odds = t / (1 - t);
    const scale = sick + well * odds;
    const gain = between(test.gain, well * odds / scale);
    return [
      range(test.sens.map(x => sick * x), whole), range(turned(test.sens).map(x => sick * x), rest(sick, whole)),
      range(test.spec.map(x => well * x), whole), range(turned(test.spec).map(x => well * x), rest(well, whole)),
      range(after(p, test.ppv), percent), range(after(1 - p, test.npv), percent),
      range(gain.slice(0, 3).map(x => scale * x), whole), whole(1000 * p - well * odds), percent(gain[3]),
    ];
  };
  const show = () => {
    const [p, t] = [prevalence, threshold].map(slider => Number(slider.value) / 100);
    for (const slider of [prevalence, threshold]) {
      document.getElementById(`${slider.id}-value`).textContent = `${slider.value}\u00a0%`;
    }
    const columns = data.tests.map(test => answers(test, p, t));
    explorer.querySelectorAll("tbody tr").forEach((row, i) => columns.forEach((column, j) => { row.cells[j + 1].textContent = column[i]; }));
  };
  for (const slider of [prevalence, threshold]) slider.addEventListener("input", show);
  show();
})();
