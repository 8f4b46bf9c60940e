// What moves before an event: the lead of every measure, and what else leads the same event.

const COMPARED = { shift: "shift", "placebo, family": "other groups", control: "control", random: "random", "own score": "own score" };
const BARS = { shift: 9, "placebo, family": 14, control: 19 }; // pixels below the middle of a row

function aheadPanel(content) {
  const [study] = content.studies;
  const shown = Object.fromEntries(content.groups.map((group) => [group.name, group.shown]));
  const several = study.runs.length > 1;
  const events = content.events.filter((event) => event.step !== null)
    .map((event) => ({ ...event, key: JSON.stringify([event.run, event.name]), title: several ? `${shown[event.name]}, ${event.run}` : shown[event.name] }));
  const node = byId("ahead-chart");
  if (!events.length) {
    node.append(el("p", { textContent: "No event, so nothing can lead one." }));
    return;
  }
  const definitions = Object.keys(Object.values(study.leads)[0]?.score ?? { [content.studies[0].definition]: {} });
  const state = { event: events[0].key, definition: content.studies[0].definition };
  const change = (name) => (value) => { state[name] = value; show(); };
  byId("ahead-controls").append(
    select("Event", events.map((event) => [event.key, event.title]), state.event, change("event")).node,
    select("Lead by", definitions.map((name) => [name, name]), state.definition, change("definition")).node);
  byId("ahead-key").append(...aheadKey(content));
  const table = sortable({ caption: "Share of each comparison that leads this event as well.", columns: aheadColumns(content) });
  byId("ahead-table").append(scrolling(table.node, "Shares"));

  function show() {
    const event = events.find(({ key }) => key === state.event);
    const rows = Object.entries(study.measures).map(([name, measure]) => ({
      label: measure.label, ...(study.leads[name]?.score?.[state.definition]?.[event.run]?.[event.name] ?? { missing: true }) }));
    const known = rows.filter((row) => !row.missing);
    if (known.length) draw(node, aheadChart(known, lit(content.colours.other)));
    else node.replaceChildren(el("p", { textContent: "No measure has a curve of this group." }));
    table.show(known);
  }

  whenever(node, show);
  show();
}

function aheadChart(rows, shade) {
  const names = rows.map((row) => row.label);
  const y = { field: "label", type: "nominal", sort: names, title: null,
    axis: { labelLimit: 140, ticks: false, domain: false, grid: false, labelFontSize: 12 } };
  const x = (field) => ({ field, type: "quantitative", title: "evaluations before the event →", axis: { format: "~r", tickCount: 8 } });
  const told = (...fields) => fields.map((field) => ({ field }));
  const bars = Object.entries(BARS).flatMap(([name, below]) => {
    const values = rows.filter((row) => row.nulls[name]).map((row) => {
      const [low, middle, high] = row.nulls[name];
      return { label: row.label, comparison: COMPARED[name], low, middle, high };
    });
    const tooltip = told("label", "comparison", "low", "middle", "high");
    const mark = { yOffset: below, color: colour(SHADES[name]) };
    return values.length ? [
      { data: { values }, mark: { ...mark, type: "rule", strokeWidth: 4, opacity: 0.9, strokeCap: "round" },
        encoding: { x: x("low"), x2: { field: "high" }, y, tooltip } },
      { data: { values }, mark: { ...mark, type: "point", filled: true, size: 30, stroke: colour("ink"), strokeWidth: 1, opacity: 1 },
        encoding: { x: x("middle"), y, tooltip } },
    ] : [];
  });
  const moved = rows.filter((row) => row.lead !== null);
  const still = rows.filter((row) => row.lead === null).map((row) => ({ ...row, lead: 0, text: "does not move" }));
  return {
    width: "container", height: 52 * rows.length, autosize: { type: "fit-x", contains: "padding" },
    layer: [
      { data: { values: rows.map((row) => ({ label: row.label, low: -row.margin, high: row.margin })) },
        mark: { type: "rect", color: colour("line"), opacity: 0.6 }, encoding: { x: x("low"), x2: { field: "high" }, y } },
      { data: { values: [{ lead: 0 }] }, mark: { type: "rule", strokeDash: [3, 3] }, encoding: { x: x("lead") } },
      ...bars,
      ...(still.length ? [{ data: { values: still }, mark: { type: "text", align: "left", dx: 6, dy: -6, color: colour("soft"), fontStyle: "italic" },
        encoding: { x: x("lead"), y, text: { field: "text" } } }] : []),
      ...(moved.length ? [{ data: { values: moved }, mark: { type: "point", filled: true, opacity: 1, size: 130, color: shade, yOffset: -6 },
        encoding: { x: x("lead"), y, tooltip: told("label", "lead", "margin", "relation") } }] : []),
    ],
  };
}

const SHADES = { shift: "untested-fill", "placebo, family": "undecided-fill", control: "holds-fill" };

function aheadKey(content) {
  const sign = (shape) => svg("svg", { viewBox: "0 0 36 14", "aria-hidden": "true" }, shape);
  const bar = (name) => sign(svg("line", { x1: 3, x2: 33, y1: 7, y2: 7, stroke: `var(--${SHADES[name]})`, "stroke-width": 5, "stroke-linecap": "round" }));
  return [
    [sign(svg("circle", { cx: 18, cy: 7, r: 5, fill: content.colours.other })), "the measure on this group"],
    [bar("shift"), "the same curve, shifted (middle 80 %, dot: median)"],
    [bar("placebo, family"), "the measure on other groups"],
    ...(hasControl(content) ? [[bar("control"), "on the control"]] : []),
    [sign(svg("rect", { x: 8, y: 0, width: 20, height: 14, fill: "var(--line)" })), "too near to the event to count"],
  ].map(([picture, words]) => el("span", {}, picture, words));
}

const MOVED = { leads: "leads", lags: "lags", synchronous: "keeps pace", none: "does not move" };
const hasControl = ({ studies: [study] }) => study.levels.some((row) => row.control);

function aheadColumns(content) {
  const share = (name) => ({ label: COMPARED[name], numeric: true, labelled: true,
    value: (row) => row.chance[name] ?? null, cell: (row) => (name in row.chance ? percent(row.chance[name]) : "–") });
  return [
    { label: "Measure", value: (row) => row.label, cell: (row) => row.label },
    { label: "Lead", numeric: true, labelled: true, value: (row) => row.lead, cell: (row) => text(row.lead) },
    { label: "", value: (row) => row.relation, cell: (row) => MOVED[row.relation] },
    ...Object.keys(COMPARED).filter((name) => name !== "control" || hasControl(content)).map(share),
  ];
}
