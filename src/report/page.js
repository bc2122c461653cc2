"use strict";
(() => {
  document.documentElement.classList.add("script");

  const site = document.getElementById("site");
  if (site) {
    const figures = [...document.querySelectorAll("figure.site")];
    const show = () => figures.forEach((figure) => { figure.hidden = figure.id !== site.value; });
    site.addEventListener("change", show);
    show();
    // On paper every site is shown, as without scripts.
    addEventListener("beforeprint", () => figures.forEach((figure) => { figure.hidden = false; }));
    addEventListener("afterprint", show);
  }

  const table = document.getElementById("worklist");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const text = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const search = document.getElementById("search");
  const severity = document.getElementById("severity");
  const rule = document.getElementById("rule");
  const count = document.getElementById("count");
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const taken = (!severity.value || row.dataset.severity === severity.value)
        && (!rule.value || row.dataset.rule === rule.value)
        && words.every((word) => text.get(row).includes(word));
      row.hidden = !taken;
      shown += taken ? 1 : 0;
    }
    count.textContent = `${shown} of ${rows.length} shown`;
  };
  search.addEventListener("input", filter);
  severity.addEventListener("change", filter);
  rule.addEventListener("change", filter);
  filter();

  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    const value = head.dataset.sort === "rank"
      ? (row) => Number(row.dataset.rank)
      : (row) => (row.cells[column].querySelector("summary") || row.cells[column]).textContent;
    button.addEventListener("click", () => {
      const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
      const compare = (a, b) => {
        const [left, right] = [value(a), value(b)];
        if (typeof left === "number") return sign * (left - right);
        return sign * left.localeCompare(right, "en", { numeric: true });
      };
      body.append(...[...rows].sort(compare));
    });
  });
})();
