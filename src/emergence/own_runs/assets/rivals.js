// By how much a measure moves before each rival, over all events.

const RIVALS = { placebo: "groups that emerge later", control: "control", "own score": "own score", "own loss": "own loss",
  "mean weight": "mean weight" };

function rivalsPanel({ differences, measures }) {
  const rows = rowsOf(differences);
  const table = sortable({ caption: "Evaluations by which the measure moves before each rival, with an interval over runs where there are several. "
    + "A curve that never moves counts as moving at the last evaluation.",
    columns: [
      { label: "Measure", value: (row) => row.label, cell: (row) => row.label },
      ...Object.entries(RIVALS).filter(([name]) => rows.some((row) => row.rival === name)).map(([name, label]) => ({
        label, numeric: true, labelled: true, value: (row) => row[name]?.difference ?? null,
        cell: (row) => (row[name] ? withInterval(row[name].difference, row[name].difference_low, row[name].difference_high) : "–") })),
      { label: "Needed", numeric: true, labelled: true, value: (row) => row.margin, cell: (row) => text(row.margin) },
    ] });
  const of = (name) => rows.filter((row) => row.measure === name);
  table.show(unique(rows.map((row) => row.measure)).map((name) => ({ label: measures[name] ?? name, margin: of(name)[0].margin,
    ...Object.fromEntries(of(name).map((row) => [row.rival, row])) })));
  byId("rivals-table").append(rows.length ? scrolling(table.node, "Leads over rivals") : el("p", { textContent: "No event, so there is nothing to compare." }));
}
