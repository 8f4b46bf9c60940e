// One run: the score of a task-level over training, a measure on the same steps, events and nulls.

const BESIDE = { control: "control", placebo: "other tasks", none: "nothing" };
const BESIDE_KEY = { control: "the control of this run, never learned", placebo: "other tasks of this run" };
const CHANCES = { shift: "a shifted curve", "placebo, family": "the curve of another task as difficult",
  "placebo, other_seeds": "that of another as difficult in other seeds", control: "the control's curve",
  random: "an event at a random checkpoint", "own score": "its own score" };
const NULL_CURVES = { shift: "shift", "placebo, family": "placebo (family)",
  "placebo, other_seeds": "placebo (other seeds)", control: "control" };
const TASK_NAMES = {}; // where a page has its own
const RUN_LABELS = { study: "Study", task: "Task", level: "Level", size: "Size", seed: "Seed", metric: "Score",
  measure: "Measure", layer: "Layer", beside: "Beside it", definition: "Lead by", scale: "Steps" };
const TALL = { score: 150, measure: 210 };
const THOUSANDS = "datum.value >= 1000 ? datum.value / 1000 + 'K' : datum.value"; // of steps on an axis
const AXIS = 46; // pixels for the labels of a vertical axis, so that both panels begin at one place

function runPanel(content) {
  const studies = Object.fromEntries(content.studies.map((study) => [study.study, study]));
  const state = { study: content.studies[0].study, task: "", level: "", size: "", seed: "", metric: "", measure: "",
    layer: "", beside: "control", definition: content.studies[0].definition, scale: content.scale ?? "symlog" };
  const controls = Object.fromEntries(Object.entries(RUN_LABELS).map(([name, label]) =>
    [name, select(label, [], "", (value) => { choose(state, name, value); show(); })]));
  byId("run-controls").append(...Object.values(controls).map((control) => control.node));

  function show() {
    const study = studies[state.study];
    settleRun(study, content, controls, state);
    const view = viewOf(study, state, content);
    byId("run-summary").textContent = summary(view);
    draw(byId("run-chart"), runChart(view, byId("run-chart").clientWidth));
    byId("run-key").replaceChildren(...keyOf(view));
    byId("run-chances").textContent = chances(view);
    if (view.lead?.rows.length) draw(byId("run-lead"), leadChart(view));
    else byId("run-lead").replaceChildren(el("p", { textContent: nothing(view) }));
    byId("run-numbers").lastElementChild.replaceChildren(runTable(view));
  }

  whenever(byId("run-chart"), show);
  show();
}

/** What can be chosen, given what is chosen before it. */
function settleRun(study, content, controls, state) {
  const of = (rows, name) => unique(rows.map((row) => String(row[name]))).map((key) => [key, words(key)]);
  settle(controls, state, { study: content.studies.map((each) => [each.study, each.title]) });
  const tasks = unique(study.levels.map((row) => row.task)).map((key) => [key, titled({ task: key, level: "all" })]);
  settle(controls, state, { task: tasks, metric: of(study.metrics.map((name) => ({ name })), "name") });
  settle(controls, state, { level: of(study.levels.filter((row) => row.task === state.task), "level") });
  const sizes = unique(study.runs.map((run) => run.size)).reverse();
  settle(controls, state, { size: sizes.map((size) => [size, `${size} (${thousands(study, size)})`]) });
  const seeds = study.runs.filter((run) => run.size === state.size);
  settle(controls, state, { seed: seeds.map((run) => [String(run.seed), content.named ? run.run : String(run.seed)]) });
  settle(controls, state, { measure: Object.entries(study.measures).map(([key, measure]) => [key, measure.label]) });
  const layers = study.measures[state.measure].layers.toReversed();
  settle(controls, state, {
    layer: layers.length ? [...layers.map((layer) => [layer, layer]), ["every", "every"]] : [["", "none"]],
    beside: Object.entries(BESIDE).filter(([key]) => key !== "control" || study.levels.some((row) => row.control)),
    definition: Object.keys(Object.values(study.leads)[0]?.[study.metrics[0]] ?? { [study.definition]: {} }).map((key) => [key, key]),
    scale: [["symlog", "logarithmic"], ["linear", "linear"]],
  });
}

/** Name of a task-level as it is shown. */
const titled = ({ task, level }) => `${TASK_NAMES[task] ?? words(task)}${level === "all" ? "" : ` ${level}`}`;

function thousands(study, size) {
  const count = study.runs.find((run) => run.size === size).parameters;
  return count >= 1e6 ? `${Math.round(count / 1e6)}M` : `${Math.round(count / 1e3)}K`;
}

/** All that is drawn, of the run that is chosen. */
function viewOf(study, state, content) {
  const run = study.runs.find((each) => each.size === state.size && String(each.seed) === state.seed);
  const level = study.levels.find((each) => each.task === state.task && each.level === state.level);
  const seeds = study.runs.filter((each) => each.size === state.size && each !== run);
  const measure = study.measures[state.measure];
  const beside = study.levels.filter((each) => each !== level
    && (state.beside === "control" ? each.control : state.beside === "placebo" && !each.control && each.task !== level.task));
  const layers = state.layer === "every" ? measure.layers : [state.layer];
  const layer = layers.at(-1);
  const scores = study.scores[state.metric];
  const curve = (of, levelName, layerName) => points(measure.runs[of.run], levelName, layerName);
  const lead = study.leads[state.measure]?.[state.metric]?.[state.definition]?.[run.run]?.[level.name];
  return {
    study, state, run, level, measure, layer,
    where: content.named ? run.run : `${run.size}, seed ${run.seed}`,
    name: titled(level),
    colour: taskColour(content, level.task), threshold: study.threshold, scale: state.scale,
    event: study.events[state.metric]?.[run.run]?.[level.name] ?? null,
    marks: measure.marks[run.run]?.[level.name]?.[layer] ?? {},
    score: {
      own: points(scores[run.run], level.name),
      band: band(seeds.map((seed) => points(scores[seed.run], level.name))),
      beside: beside.flatMap((each) => named(points(scores[run.run], each.name), titled(each))),
    },
    geometry: {
      own: curve(run, level.name, layer),
      layers: layers.slice(0, -1).flatMap((each) => named(curve(run, level.name, each), each)),
      band: band(seeds.map((seed) => curve(seed, level.name, layer))),
      beside: beside.flatMap((each) => named(curve(run, each.name, layer), titled(each))),
    },
    lead: lead && { ...lead, rows: Object.keys(NULL_CURVES).filter((name) => lead.nulls[name]).map((name) => {
      const [low, middle, high] = lead.nulls[name];
      return { name: NULL_CURVES[name], low, middle, high };
    }) },
  };
}

/** Points {step, value} of a curve; one of the whole network stands for every task-level. */
function points(curves, level, layer = null) {
  if (!curves) return [];
  const of = layer === null ? curves.curves[level] : (curves.curves[level] ?? curves.curves[""])?.[layer];
  return (of ?? []).map((value, place) => ({ step: curves.steps[place], value })).filter((point) => point.value !== null);
}

const named = (curve, series) => curve.map((point) => ({ ...point, series }));

/** Lowest and highest of curves at each step that they share. */
function band(curves) {
  const at = new Map();
  for (const { step, value } of curves.flat()) at.set(step, [...(at.get(step) ?? []), value]);
  return [...at].filter(([, values]) => values.length === curves.filter((curve) => curve.length).length)
    .map(([step, values]) => ({ step, low: Math.min(...values), high: Math.max(...values) }))
    .sort((one, other) => one.step - other.step);
}

function runChart(view, width) {
  const steps = [...view.score.own, ...view.geometry.own].map((point) => point.step);
  const [first, last] = [Math.min(...steps), Math.max(...steps, 1)];
  const values = [0, 1, 10, 100, 1000, 10000, 100000].filter((step) => first <= step && step <= last);
  const scaled = view.scale === "symlog" ? Math.log1p : Number;
  view = { ...view, reach: (step) => (scaled(step) - scaled(first)) / (scaled(last) - scaled(first) || 1) }; // share of the axis
  const x = { field: "step", type: "quantitative", title: null,
    scale: { type: view.scale, ...(view.scale === "symlog" ? { constant: 1 } : {}), domain: [first, last], nice: false },
    axis: { labelExpr: THOUSANDS, grid: false, ...(view.scale === "symlog" && values.length > 1 ? { values } : { tickCount: 6 }) } };
  const inner = Math.max(180, width - AXIS - 20);
  const event = view.event === null ? [] : [{ mark: "event", step: view.event }];
  const marks = Object.entries(view.marks).map(([mark, step]) => ({ mark, step })).sort((one, other) => one.step - other.step);
  const symmetric = view.measure.scale === "asinh" ? { type: "symlog", constant: 10 } : { zero: false };
  return {
    autosize: { type: "pad", contains: "padding" }, padding: 5, spacing: 12,
    vconcat: [
      panel(view, view.score, x, { title: words(view.state.metric), height: TALL.score, width: inner,
        scale: { domain: rangeOf(view.score), nice: false }, flags: event, faint: [], threshold: view.threshold }),
      panel(view, view.geometry, { ...x, title: "optimiser steps" }, { title: view.measure.label, height: TALL.measure,
        width: inner, scale: symmetric, flags: marks, faint: event, threshold: null }),
    ],
  };
}

/** Curves of one kind over steps: those beside, the band of other seeds, other layers, the run's own, and its marks. */
function panel(view, curves, x, { title, height, width, scale, flags, faint, threshold }) {
  const y = { field: "value", type: "quantitative", title, scale,
    axis: { minExtent: AXIS, maxExtent: AXIS, titleX: -AXIS + 8, tickCount: 5, format: "~r" } };
  const told = [{ field: "step", title: "step" }, { field: "value", title, format: ".4~g" }];
  const series = { field: "series" };
  const thin = { strokeWidth: 1, color: colour("soft"), opacity: 0.55, strokeDash: [3, 2], clip: true };
  const layers = [
    { data: { values: curves.band }, mark: { type: "area", color: view.colour, opacity: 0.18 },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } } },
    { data: { values: curves.beside }, mark: { type: "line", ...thin },
      encoding: { x, y, detail: series, tooltip: [series] } },
    { data: { values: curves.layers ?? [] }, mark: { type: "line", color: view.colour, strokeWidth: 1.2 },
      encoding: { x, y, detail: series, tooltip: [{ ...series, title: "layer" }],
        opacity: { ...series, type: "ordinal", legend: null, scale: { range: [0.3, 0.7] } } } },
    { data: { values: curves.own }, mark: { type: "line", color: view.colour, strokeWidth: 2.2 }, encoding: { x, y } },
    { data: { values: curves.own }, mark: { type: "point", opacity: 0, size: 90 }, encoding: { x, y, tooltip: told } },
    { data: { values: faint }, mark: { type: "rule", strokeDash: [2, 3] }, encoding: { x } },
    ...flags.flatMap((flag, place) => flagged(flag, x, place, view.reach(flag.step) > 0.75)),
  ];
  if (threshold !== null)
    layers.unshift({ data: { values: [{ value: threshold }] }, mark: { type: "rule", opacity: 0.5 }, encoding: { y } });
  return { width, height, layer: layers.filter((layer) => layer.data.values.length) };
}

/** Range of a score: that of the run and the other seeds, and at least from nothing to all; a null may leave it. */
function rangeOf({ own, band }) {
  const values = [...own.map((point) => point.value), ...band.flatMap((point) => [point.low, point.high])];
  return [Math.min(-0.08, ...values), Math.max(1.04, ...values)];
}

/** A vertical rule with its name, each a line lower than the one before; before the rule where it is late. */
function flagged(flag, x, place, late) {
  const data = { values: [{ ...flag, text: `${flag.mark} ${Math.round(flag.step)}` }] };
  const written = { type: "text", align: late ? "right" : "left", dx: late ? -4 : 4, dy: 2, baseline: "top" };
  const encoding = { x, y: { value: 12 * place }, text: { field: "text" } };
  return [
    { data, mark: { type: "rule", strokeWidth: 1.2, color: colour("ink") }, encoding: { x, tooltip: [{ field: "text" }] } },
    { data, mark: { ...written, stroke: colour("ground"), strokeWidth: 3 }, encoding },
    { data, mark: written, encoding },
  ];
}

function leadChart(view) {
  const rows = view.lead.rows;
  const y = { field: "name", type: "nominal", sort: Object.values(NULL_CURVES), title: null,
    axis: { ticks: false, domain: false, labelLimit: 130, grid: true } };
  const x = (field) => ({ field, type: "quantitative", title: "checkpoints ahead of the event", axis: { tickCount: 8, format: "~r" } });
  const own = [{ lead: view.lead.lead, low: -view.lead.margin, high: view.lead.margin }];
  return {
    width: "container", height: 26 * rows.length, autosize: { type: "fit-x", contains: "padding" },
    layer: [
      { data: { values: own }, mark: { type: "rect", color: colour("line"), opacity: 0.6 },
        encoding: { x: x("low"), x2: { field: "high" } } },
      { data: { values: rows }, mark: { type: "rule", strokeWidth: 6, opacity: 0.5 },
        encoding: { x: x("low"), x2: { field: "high" }, y } },
      { data: { values: rows }, mark: { type: "tick", thickness: 2, color: colour("ink") },
        encoding: { x: x("middle"), y, tooltip: ["name", "low", "middle", "high"].map((field) => ({ field })) } },
      ...(view.lead.lead === null ? [] : [{ data: { values: own },
        mark: { type: "rule", strokeWidth: 2.5, color: view.colour }, encoding: { x: x("lead") } }]),
    ],
  };
}

/** The view in a sentence or two, for whoever does not see the picture. */
function summary({ name, where, event, marks, measure, layer, lead, state }) {
  const emerged = event === null ? `${name} does not emerge in ${where}`
    : `${name} emerges in ${where} at step ${Math.round(event)} (${words(state.metric)})`;
  const at = layer ? ` of layer ${layer}` : "";
  const time = marks[state.definition];
  const moved = time === undefined ? "" : ` ${measure.label[0].toUpperCase()}${measure.label.slice(1)}${at} has its ${state.definition} at step ${Math.round(time)}.`;
  if (!lead) return `${emerged}.${moved}`;
  const ahead = lead.lead === null ? "nothing to compare" : `a lead of ${text(lead.lead)} checkpoints`;
  return `${emerged}.${moved} By ${state.definition}: ${ahead}; ${RELATIONS[lead.relation]}.`;
}

const RELATIONS = { leads: "the measure leads", lags: "the measure lags", synchronous: "both keep pace",
  none: "one of the two does not move" };

function chances({ lead }) {
  if (!lead) return "";
  const told = Object.entries(CHANCES).filter(([name]) => name in lead.chance)
    .map(([name, phrase]) => `${phrase} ${percent(lead.chance[name])}`);
  return `How often each would lead this event: ${told.join(", ")}.`;
}

function nothing({ event, lead }) {
  return event === null ? "No event, so nothing can lead it." : lead ? "No null has a time here." : "No lead was taken of this curve.";
}

/** What the lines mean. */
function keyOf({ colour: own, state, score }) {
  const sign = (shape) => svg("svg", { viewBox: "0 0 36 14", "aria-hidden": "true" }, shape);
  const line = (stroke, more = {}) => svg("line", { x1: 1, x2: 35, y1: 7, y2: 7, stroke, ...more });
  const keys = [
    [sign(line(own, { "stroke-width": 3 })), state.layer === "every" ? "this run, last layer; others fainter" : "this run"],
    ...(score.band.length ? [[sign(svg("rect", { x: 1, y: 1, width: 34, height: 12, fill: own, opacity: 0.25 })), "other seeds, lowest to highest"]] : []),
    [sign(svg("line", { x1: 18, x2: 18, y1: 0, y2: 14, stroke: "var(--ink)", "stroke-width": 1.5 })), "event, and marks of the measure"],
  ];
  if (state.beside !== "none")
    keys.push([sign(line("var(--soft)", { "stroke-dasharray": "4 3" })), BESIDE_KEY[state.beside]]);
  return keys.map(([picture, words]) => el("span", {}, picture, words));
}

function runTable({ score, geometry, measure, state }) {
  const of = new Map(geometry.own.map(({ step, value }) => [step, value]));
  return numbersTable(["step", words(state.metric), measure.label],
    score.own.map(({ step, value }) => [text(step, 6), text(value, 4), of.has(step) ? text(of.get(step), 4) : ""]));
}
