// Every estimator against exact values.

function calibrationPanel(content) {
  const checks = rowsOf(content.calibration);
  const columns = [
    { label: "Estimator", value: (row) => row.estimator, cell: (row) => row.estimator },
    { label: "Against", value: (row) => row.oracle, cell: (row) => `${row.oracle}; ${row.parameters}` },
    ...[["Exact", "exact"], ["Estimate", "estimate"], ["Error", "error"], ["Tolerance", "tolerance"]].map(([label, name]) =>
      ({ label, numeric: true, labelled: true, value: (row) => row[name], cell: (row) => text(row[name], 4) })),
    { label: "Reason", value: (row) => row.reason, cell: (row) => row.reason },
    { label: "Passed", value: (row) => Number(row.passed), cell: (row) =>
      el("span", { className: `verdict ${row.passed ? "holds" : "fails"}`, textContent: row.passed ? "✓ yes" : "✗ no" }) },
  ];
  const table = sortable({ columns, caption: `${checks.filter((row) => row.passed).length} of ${checks.length} checks pass.` });
  const names = unique(checks.map((row) => row.estimator));
  const show = (name) => table.show(checks.filter((row) => !name || row.estimator === name));
  byId("calibration-controls").append(
    select("Estimator", [["", "all"], ...names.map((name) => [name, name])], "", show).node);
  byId("calibration-table").append(table.node);
  show("");
}
