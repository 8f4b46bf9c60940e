// In short, the scores with their events, and the checkpoints.

const items = (texts) => texts.map((text) => el("li", { textContent: text }));

/** A wide table scrolls in itself. */
const scrolling = (node, label) => el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": label }, node);

function summaryPanel({ headline, conclusions, limits }) {
  byId("summary-list").append(...items([`${headline}.`]),
    ...conclusions.map(({ text, announces }) => el("li", { className: announces ? "holds" : "", textContent: text })),
    el("li", {}, el("a", { href: "#limits", textContent: `${limits.length} things that cannot be said, and why` })));
}

function scoresPanel(content) {
  const [study] = content.studies;
  const shown = Object.fromEntries(content.groups.map((group) => [group.name, group.shown]));
  const state = { scale: "linear" };
  const node = byId("scores-chart");
  const scale = select("Steps", [["linear", "linear"], ["symlog", "logarithmic"]], state.scale,
    (value) => { state.scale = value; show(); });
  byId("scores-controls").append(scale.node);
  const show = () => draw(node, scoresChart(content, study, shown, state, node.clientWidth));
  whenever(node, show);
  show();
  byId("scores-table").append(scrolling(eventsTable(content.events, shown, study.runs.length > 1), "Events"));
}

function scoresChart(content, study, shown, { scale }, width) {
  const runs = study.runs.map(({ run }) => run);
  const curves = Object.fromEntries(runs.map((run) => [run, content.groups.flatMap(({ name }) =>
    points(study.scores.score[run], name).map((point) => ({ ...point, group: shown[name] })))]));
  const lowest = Math.min(-0.08, ...Object.values(curves).flat().map(({ value }) => value));
  const across = Math.min(runs.length, width < 700 ? 1 : 3);
  const inner = Math.max(180, (width - 30) / across - AXIS - 20);
  const colours = { domain: content.groups.map((group) => group.shown), range: content.groups.map((group) => lit(group.colour)) };
  const group = { field: "group", type: "nominal", scale: colours };
  const legend = { orient: "top", symbolType: "stroke", symbolStrokeWidth: 3, columns: Math.max(1, Math.floor(width / 190)) };
  const x = { field: "step", type: "quantitative", title: "optimiser steps",
    axis: { grid: false, tickCount: 5, labelExpr: THOUSANDS },
    scale: { nice: false, ...(scale === "symlog" ? { type: "symlog", constant: 1 } : {}) } };
  const y = { field: "value", type: "quantitative", title: "score",
    scale: { domain: [lowest, 1.04], nice: false }, axis: { tickCount: 5, minExtent: AXIS - 20 } };
  const dots = (run) => content.events.filter((event) => event.run === run && event.step !== null)
    .map((event) => ({ group: shown[event.name], step: event.step, value: content.studies[0].threshold }));
  const panelOf = (run) => ({
    title: runs.length > 1
      ? { text: run, anchor: "start", limit: inner, fontSize: 12, fontWeight: "normal", color: colour("soft") } : undefined,
    width: inner, height: 230,
    layer: [
      { data: { values: [{ value: content.studies[0].threshold }] }, mark: { type: "rule", strokeDash: [4, 3] }, encoding: { y } },
      { data: { values: curves[run] }, mark: { type: "line", strokeWidth: 2, clip: true },
        encoding: { x, y, color: { ...group, title: null, legend }, tooltip: ["group", "step", "value"].map((field) => ({ field })) } },
      { data: { values: dots(run) },
        mark: { type: "point", filled: true, size: 110, opacity: 1, stroke: colour("ground"), strokeWidth: 1.5 },
        encoding: { x, y, color: group, tooltip: [{ field: "group" }, { field: "step", title: "event at step" }] } },
    ].filter((layer) => layer.data.values.length),
  });
  return { autosize: { type: "pad", contains: "padding" }, padding: 5, columns: across, spacing: 18, concat: runs.map(panelOf) };
}

function eventsTable(events, shown, several) {
  const numeric = (label, name, digits = 5) => ({ label, numeric: true, labelled: true, value: (row) => row[name], cell: (row) => text(row[name], digits) });
  const table = sortable({
    caption: "The event lies between two evaluations; its width is from a score of 0.1 to one of 0.9.",
    columns: [
      { label: "Group", value: (row) => shown[row.name], cell: (row) => shown[row.name] },
      ...(several ? [{ label: "Run", labelled: true, value: (row) => row.run, cell: (row) => row.run }] : []),
      { label: "Event at step", numeric: true, labelled: true, value: (row) => row.step,
        cell: (row) => (row.step === null ? "none" : `${text(row.step, 5)} (${betweenEvaluations(row)})`) },
      numeric("Width in steps", "width"), numeric("Last score", "final_score", 3),
    ],
  });
  table.show(events);
  return table.node;
}

const betweenEvaluations = ({ step_before: before, step_after: after }) =>
  (before === after ? "the first evaluation" : `${text(before, 6)} to ${text(after, 6)}`);

function checkpointsPanel({ about, checkpoints }) {
  byId("rules-list").append(...items(about));
  const rows = rowsOf(checkpoints);
  if (!rows.length) return;
  const outcomes = unique(rows.map((row) => row.outcome));
  const counts = outcomes.map((name) => `${rows.filter((row) => row.outcome === name).length} ${name}`).join(", ");
  const text = (label, name) => ({ label, labelled: true, value: (row) => row[name], cell: (row) => row[name] ?? "" });
  const table = sortable({ caption: `${counts}.`, columns: [
    { label: "Checkpoint", value: (row) => row.name, cell: (row) => row.name },
    text("Run", "run"), { ...text("Step", "step"), numeric: true }, text("Outcome", "outcome"), text("Reason", "reason")] });
  const show = (name) => table.show(rows.filter((row) => !name || row.outcome === name));
  byId("checkpoints-controls").append(
    select("Outcome", [["", "all"], ...outcomes.map((name) => [name, name])], "", show).node);
  byId("checkpoints-table").append(scrolling(table.node, "Checkpoints"));
  show("");
}
