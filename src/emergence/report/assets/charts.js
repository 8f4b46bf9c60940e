// What charts share: colours of the page's own style, and how a specification of Vega-Lite is drawn.

const VERDICTS = {
  holds: { mark: "✓", name: "holds", many: "hold" },
  fails: { mark: "✗", name: "fails", many: "fail" },
  undecided: { mark: "?", name: "undecided", many: "undecided" },
  "not testable at this tier": { mark: "–", name: "untested", many: "not testable at this tier" },
  "not run": { mark: "–", name: "untested", many: "not run" },
};
const DARK = matchMedia("(prefers-color-scheme: dark)");

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Colour of a task; lighter where the ground is dark. */
const taskColour = (content, task) => lit(content.colours.tasks[task] ?? content.colours.other);

function lit(shade) {
  if (!DARK.matches) return shade;
  return shade === "#000000" ? "#ffffff" : `color-mix(in srgb, ${shade} 60%, white)`;
}

/** Look of all charts. */
function look() {
  const [ink, soft, line] = ["ink", "soft", "line"].map(colour);
  const axis = {
    labelColor: soft, titleColor: soft, domainColor: line, tickColor: line, gridColor: line, gridOpacity: 0.5,
    titleFontWeight: "normal", labelFontSize: 11, titleFontSize: 12,
  };
  return {
    background: null, font: getComputedStyle(document.body).fontFamily, axis, view: { stroke: null },
    legend: { labelColor: soft, titleColor: soft, labelFontSize: 11 }, text: { color: ink, fontSize: 11 },
    rule: { color: soft }, aria: false,
  };
}

/** Draw a specification into a node; expressions are interpreted, for the page forbids to run texts as code. */
function draw(node, specification) {
  const full = { $schema: "https://vega.github.io/schema/vega-lite/v6.json", ...specification, config: look() };
  return vegaEmbed(node, full, { ast: true, renderer: "svg", actions: false });
}

/** Call again whenever the node has another width, or the page another scheme of colours. */
function whenever(node, redraw) {
  let width = 0;
  new ResizeObserver(() => {
    if (Math.abs(node.clientWidth - width) < 2) return;
    width = node.clientWidth;
    redraw();
  }).observe(node);
  DARK.addEventListener("change", redraw);
}

/** Value and interval of a claim as a small picture, over the range that its rule allows. */
function intervalPicture(claim) {
  const [lowest, highest] = [claim.rule_low, claim.rule_high];
  if (claim.value === null || (lowest === null && highest === null)) return null;
  const points = [claim.value, claim.low, claim.high, lowest, highest].filter((value) => value !== null);
  const [from, to] = [Math.min(...points), Math.max(...points)];
  const [left, right, room] = [30, 390, (to - from || Math.abs(to) || 1) * 0.15];
  const at = (value) => left + ((value - from + room) / (to - from + 2 * room)) * (right - left);
  const picture = svg("svg", { class: "interval", viewBox: "0 0 420 46", "aria-hidden": "true" });
  const [start, end] = [lowest === null ? left : at(lowest), highest === null ? right : at(highest)];
  const fill = VERDICTS[claim.verdict].name;
  picture.append(
    svg("rect", { x: start, y: 4, width: end - start, height: 22, fill: "var(--holds-fill)", opacity: 0.16 }),
    svg("line", { x1: left, x2: right, y1: 26.5, y2: 26.5, stroke: "var(--line)" }));
  for (const bound of [lowest, highest].filter((value) => value !== null)) {
    picture.append(
      svg("line", { x1: at(bound), x2: at(bound), y1: 2, y2: 30, stroke: "var(--soft)", "stroke-dasharray": "3 2" }),
      svg("text", { x: at(bound), y: 42, fill: "var(--soft)", "text-anchor": "middle" }, text(bound)));
  }
  if (claim.low !== null)
    picture.append(svg("line", {
      x1: at(claim.low), x2: at(claim.high), y1: 15, y2: 15, stroke: `var(--${fill}-fill)`, "stroke-width": 3 }));
  picture.append(svg("circle", { cx: at(claim.value), cy: 15, r: 5, fill: `var(--${fill}-fill)` }));
  return picture;
}

function svg(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}
