// What leads emergence: the rate of each measure beside its nulls.

const NULLS = ["shift", "placebo", "control", "random", "own score", "own loss"];
const EVENTS = { "all": ["all", "all"], "easy, by family": ["family", "easy"], "hard, by family": ["family", "hard"],
  "easy, by other seeds": ["other_seeds", "easy"], "hard, by other seeds": ["other_seeds", "hard"] };
const isOf = (row, [classes, difficulty] = []) => row.classes === classes && row.difficulty === difficulty;

function leadsPanel(content) {
  const studies = Object.fromEntries(content.studies.map((study) => [study.study, { ...study, rates: rowsOf(study.rates) }]));
  const state = { study: content.studies[0].study, metric: "", definition: content.studies[0].definition, events: "all" };
  const controls = Object.fromEntries([["study", "Study"], ["metric", "Score"], ["definition", "Lead by"],
    ["events", "Events"]].map(([name, label]) => [name, select(label, [], "", (value) => { choose(state, name, value); show(); })]));
  byId("leads-controls").append(...Object.values(controls).map((control) => control.node));

  function show() {
    const study = studies[state.study];
    const kinds = Object.keys(EVENTS).filter((kind) => study.rates.some((row) => isOf(row, EVENTS[kind])));
    const definitions = unique(study.rates.map((row) => row.definition));
    settle(controls, state, {
      study: content.studies.map((each) => [each.study, each.title]),
      metric: study.metrics.map((name) => [name, words(name)]),
      definition: definitions.map((name) => [name, name]),
      events: kinds.map((kind) => [kind, kind]),
    });
    const rows = study.rates.filter((row) => row.metric === state.metric && row.definition === state.definition
      && isOf(row, EVENTS[state.events])).map((row) => ({ ...row, label: label(row) }));
    const node = byId("leads-chart");
    const names = unique(rows.map((row) => row.label));
    if (rows.length) draw(node, ratesChart(rows, names, study.precursor_rate, lit(content.colours.other)));
    else node.replaceChildren(el("p", { textContent: "No event of this kind." }));
    byId("leads-numbers").lastElementChild.replaceChildren(ratesTable(rows));
  }

  const label = (row) => content.measures[row.measure] ?? row.measure;
  whenever(byId("leads-chart"), show);
  show();
}

/** Another study has another score that its claims are about, which comes first. */
function choose(state, name, value) {
  state[name] = value;
  if (name === "study") state.metric = "";
}

/** Give every control its options; what is chosen stays, if it still can be. */
function settle(controls, state, options) {
  for (const [name, entries] of Object.entries(options)) {
    const keys = entries.map(([key]) => key);
    if (!keys.includes(state[name])) state[name] = keys[0] ?? "";
    controls[name].fill(entries, state[name]);
  }
}

function ratesChart(rows, names, threshold, shade) {
  const y = { field: "label", type: "nominal", sort: names, title: null,
    axis: { labelLimit: 130, labelPadding: 12, ticks: false, domain: false, grid: true } };
  const x = (field) => ({ field, type: "quantitative", title: "share of events that it leads",
    scale: { domain: [0, 1] }, axis: { values: [0, 0.25, 0.5, 0.75, 1], format: "~g" } });
  const shape = { field: "control", type: "nominal", title: null,
    scale: { domain: NULLS, range: ["cross", "square", "diamond", "stroke", "triangle-up", "triangle-down"] },
    legend: { orient: "top", symbolStrokeColor: colour("soft"), columns: byId("leads-chart").clientWidth < 480 ? 3 : 6 } };
  const told = ["label", "control", "rate", "low", "high", "excess", "events", "runs"].map((field) => ({ field }));
  return {
    width: "container", height: 30 * names.length,
    autosize: { type: "fit-x", contains: "padding" },
    layer: [
      { data: { values: [{ at: threshold }] }, mark: { type: "rule", strokeDash: [4, 3] },
        encoding: { x: { field: "at", type: "quantitative" } } },
      { data: { values: rows.filter((row) => row.control !== "observed") },
        mark: { type: "point", size: 60, color: colour("soft"), filled: false, strokeWidth: 1.3 },
        encoding: { x: x("rate"), y, shape, tooltip: told } },
      { data: { values: rows.filter((row) => row.control === "observed") },
        mark: { type: "rule", strokeWidth: 2.5, color: shade },
        encoding: { x: x("low"), x2: { field: "high" }, y } },
      { data: { values: rows.filter((row) => row.control === "observed") },
        mark: { type: "point", filled: true, opacity: 1, size: 90, color: shade },
        encoding: { x: x("rate"), y, tooltip: told } },
    ],
  };
}

function ratesTable(rows) {
  const head = ["measure", "", "events", "runs", "rate", "excess over it", "Holm p"];
  return numbersTable(head, rows.map((row) => [row.label, row.control, row.events, row.runs,
    withInterval(row.rate, row.low, row.high),
    row.excess === null ? "–" : withInterval(row.excess, row.excess_low, row.excess_high), text(row.holm_p)]));
}
