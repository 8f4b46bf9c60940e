// Paired runs of Study 4: arms side by side, and by what ratio each moves emergence.

function armsPanel(content) {
  if (!content.arms) {
    for (const node of document.querySelectorAll("#arms, nav a[href='#arms']")) node.remove();
    return;
  }
  const { quantities, sizes, arms } = content.arms;
  const names = Object.fromEntries(arms.map(({ arm, name }) => [arm, name]));
  const curves = rowsOf(content.arms.curves).map((row) => ({ ...row, name: names[row.arm] }));
  const effects = rowsOf(content.arms.effects);
  const state = { size: sizes[0], quantity: Object.keys(quantities)[0] };
  const control = (name, label, entries) =>
    select(label, entries, state[name], (value) => { state[name] = value; show(); }).node;
  byId("arms-controls").append(
    control("size", "Size", sizes.map((size) => [size, size])), control("quantity", "Shown", Object.entries(quantities)));

  function show() {
    const rows = curves.filter((row) => row.size === state.size && row.quantity === state.quantity);
    draw(byId("arms-chart"), armsChart(rows, arms, quantities[state.quantity]));
    const of = effects.filter((row) => row.size === (sizes.length > 1 ? state.size : "all"));
    byId("arms-numbers").lastElementChild.replaceChildren(numbersTable(
      ["arm", "emergence over plain", "pairs", "events", "lowest rank over the first", "plain"],
      of.map((row) => [names[row.arm] ?? row.arm, withInterval(row.ratio, row.low, row.high), row.pairs, row.events,
        text(row.lowest), text(row.lowest_against)])));
  }

  whenever(byId("arms-chart"), show);
  show();
}

/** Mean of each arm over seeds, within its range. */
function armsChart(rows, arms, title) {
  const x = { field: "step", type: "quantitative", title: "optimiser steps", axis: { grid: false } };
  const color = { field: "name", type: "nominal", title: null,
    scale: { domain: arms.map(({ name }) => name), range: arms.map((arm) => lit(arm.colour)) },
    legend: { orient: "top", symbolOpacity: 1, columns: byId("arms-chart").clientWidth < 480 ? 2 : 4 } };
  const y = (field) => ({ field, type: "quantitative", title, scale: { zero: false } });
  return {
    width: "container", height: 260, autosize: { type: "fit-x", contains: "padding" }, data: { values: rows },
    layer: [
      { mark: { type: "area", opacity: 0.15 }, encoding: { x, y: y("low"), y2: { field: "high" }, color } },
      { mark: { type: "line", strokeWidth: 1.8 }, encoding: { x, y: y("mean"), color,
        tooltip: ["name", "step", "mean", "low", "high"].map((field) => ({ field })) } },
    ],
  };
}
