// Elements of the page, and numbers as text. Texts of the data never become markup.

/** An element with properties (or attributes, where a name has a hyphen) and children. */
function el(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") node.setAttribute(key, value);
    else node[key] = value;
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const byId = (id) => document.getElementById(id);

let numbered = 0; // controls of the page

/** A native control under its label. */
function labelled(label, control) {
  control.id = `control-${++numbered}`;
  return el("div", {}, el("label", { htmlFor: control.id, textContent: label }), control);
}

/** A native select under its label; `options` are [value, text]. */
function select(label, options, value, change) {
  const box = el("select", { onchange: () => change(box.value) });
  const fill = (entries, chosen) => {
    box.replaceChildren(...entries.map(([key, text]) => el("option", { value: key, textContent: text })));
    box.value = chosen;
    node.classList.toggle("settled", entries.length < 2);
  };
  const node = labelled(label, box);
  fill(options, value);
  return { node, fill };
}

/** A number with `digits` significant digits, and a true minus sign. */
function text(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  const short = Number(value.toPrecision(digits));
  const small = short !== 0 && Math.abs(short) < 1e-3;
  const shown = small || Math.abs(short) >= 1e6 ? short.toExponential() : String(short);
  return shown.replaceAll("-", "−");
}

function withInterval(value, low, high) {
  if (value === null || value === undefined) return "no value";
  return low === null || low === undefined ? text(value) : `${text(value)} [${text(low)}, ${text(high)}]`;
}

const percent = (share) => `${Math.round(100 * share)} %`;
const words = (name) => name.replaceAll("_", " ");
const unique = (values) => [...new Set(values)];
