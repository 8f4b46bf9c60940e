// Tables that are sorted by their heads, with rows that may open.

/**
 * A sortable table. A column is {label, value(row), cell(row), numeric}; `open(row)` gives what a row opens to, and
 * `key(row)` the id of the row. Returns the node, and `show(rows)`.
 */
function sortable({ columns, caption, key = null, open = null }) {
  let rows = [];
  let sorted = { column: null, falling: false };
  const body = el("tbody");
  const heads = columns.map((column) =>
    el("th", { scope: "col", className: column.numeric ? "number" : "" },
      el("button", { type: "button", onclick: () => sort(column), textContent: column.label })));
  const node = el("table", { className: "cards" },
    el("caption", { textContent: caption }), el("thead", {}, el("tr", {}, heads)), body);

  function sort(column) {
    sorted = { column, falling: sorted.column === column && !sorted.falling };
    draw();
  }

  function draw() {
    const { column, falling } = sorted;
    heads.forEach((head, place) => {
      const here = columns[place] === column;
      head.setAttribute("aria-sort", here ? (falling ? "descending" : "ascending") : "none");
    });
    const ordered = column ? rows.toSorted((one, other) => compared(column.value(one), column.value(other), falling)) : rows;
    body.replaceChildren(...ordered.map(drawn));
  }

  function drawn(row) {
    const cells = columns.map((column, place) => {
      const opener = open && place === 0 ? opening(row, column.cell(row)) : column.cell(row);
      const cell = el("td", { className: `${column.numeric ? "number" : ""} ${column.className ?? ""}`.trim() }, opener);
      if (column.labelled) cell.dataset.label = column.label;
      return cell;
    });
    const line = el("tr", {}, cells);
    if (key) line.id = key(row);
    return line;
  }

  function opening(row, label) {
    const button = el("button", { type: "button", className: "open", "aria-expanded": "false", onclick: toggle }, label);
    function toggle() {
      const line = button.closest("tr");
      const opened = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!opened));
      if (opened) line.nextElementSibling.remove();
      else line.after(el("tr", { className: "evidence" }, el("td", { colSpan: columns.length }, open(row))));
    }
    return button;
  }

  return { node, show: (chosen) => { rows = chosen; draw(); } };
}

/** Order of two values, numbers before texts and what is null last, whichever way. */
function compared(one, other, falling) {
  if (one === null || other === null) return (one === null) - (other === null);
  const order = typeof one === "number" ? one - other : one.localeCompare(other, "en", { numeric: true });
  return falling ? -order : order;
}

/** A plain table of numbers that scrolls in itself; `head` are texts, `lines` lists of cells. */
function numbersTable(head, lines) {
  return el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "The numbers as a table" },
    el("table", {},
      el("thead", {}, el("tr", {}, head.map((name) => el("th", { scope: "col", textContent: name })))),
      el("tbody", {}, lines.map((line) => el("tr", {}, line.map((cell) => el("td", { textContent: cell })))))));
}

/** Rows of a table that is given as lists by column. */
function rowsOf(columns) {
  const names = Object.keys(columns);
  return columns[names[0]].map((_, place) => Object.fromEntries(names.map((name) => [name, columns[name][place]])));
}
