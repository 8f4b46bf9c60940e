// The claims, and the evidence of each.

function claimsPanel(content, figures) {
  const filters = { study: "", verdict: "", words: "" };
  const table = sortable({ columns: columnsOfClaims(content), caption: "Claims by name; a name opens its evidence.",
    key: (claim) => slug(claim.claim), open: (claim) => evidence(claim, figures) });
  const studies = unique(content.claims.map((claim) => claim.study));
  const count = el("p", { role: "status" });
  byId("claims-controls").append(
    select("Study", [["", "all"], ...studies.map((name) => [name, content.titles[name]])], "", choose("study")).node,
    select("Verdict", [["", "all"], ...Object.keys(VERDICTS).map((name) => [name, name])], "", choose("verdict")).node,
    labelled("Words", el("input", { type: "search", oninput: (event) => choose("words")(event.target.value) })));
  byId("claims-table").append(count, table.node);

  function choose(name) {
    return (value) => { filters[name] = value; show(); };
  }

  function show() {
    const sought = filters.words.toLowerCase();
    const chosen = content.claims.filter((claim) =>
      (!filters.study || claim.study === filters.study) && (!filters.verdict || claim.verdict === filters.verdict)
      && (!sought || `${claim.claim} ${claim.statement} ${claim.control}`.toLowerCase().includes(sought)));
    byId("claims-counts").replaceChildren(...counts(chosen));
    count.textContent = `${chosen.length} of ${content.claims.length} claims`;
    table.show(chosen);
  }

  /** Open the claim that the address names, as in explorer.html#A6. */
  function openNamed() {
    const line = location.hash.length > 1 ? byId(decodeURIComponent(location.hash.slice(1))) : null;
    const button = line?.querySelector(".open[aria-expanded=false]");
    button?.click();
    if (button) line.scrollIntoView();
  }

  show();
  openNamed();
  addEventListener("hashchange", openNamed);
}

const slug = (claim) => claim.replaceAll(" ", "-");

function columnsOfClaims(content) {
  const order = Object.keys(VERDICTS);
  return [
    { label: "Claim", value: (claim) => claim.claim, cell: (claim) => claim.claim },
    { label: "Study", value: (claim) => claim.study, cell: (claim) => content.titles[claim.study] },
    { label: "Statement", value: (claim) => claim.statement, cell: (claim) => claim.statement },
    { label: "Here", value: (claim) => claim.value, className: "here", labelled: true,
      cell: (claim) => withInterval(claim.value, claim.low, claim.high) },
    { label: "Verdict", value: (claim) => order.indexOf(claim.verdict), cell: (claim) => verdict(claim) },
  ];
}

function verdict(claim) {
  const { mark, name } = VERDICTS[claim.verdict];
  return el("span", { className: `verdict ${name}` }, el("span", { "aria-hidden": "true" }, `${mark} `),
    claim.verdict === "not testable at this tier" ? "not testable here" : claim.verdict);
}

/** How many claims have each verdict, as a bar and in words. */
function counts(claims) {
  const each = Object.entries(VERDICTS).map(([name, look]) =>
    ({ name, look, count: claims.filter((claim) => claim.verdict === name).length }))
    .filter(({ name, count }) => count || name !== "not run");
  const bar = el("div", { className: "bar", "aria-hidden": "true" },
    each.filter(({ count }) => count).map(({ look, count }) => {
      const part = el("span");
      part.style.flex = count;
      part.style.background = `var(--${look.name}-fill)`;
      return part;
    }));
  const list = el("ul", { className: "counts" },
    each.map(({ look, count }) => el("li", { className: look.name }, el("b", { textContent: count }), ` ${look.many}`)));
  return [bar, list];
}

/** All that a claim rests on. */
function evidence(claim, figures) {
  const shown = claim.figures.map((number) => [number, figures[number]]).filter(([, figure]) => figure);
  const line = (term, ...content) => [el("dt", { textContent: term }), el("dd", {}, ...content)];
  const list = el("dl", {},
    line("Published", claim.published),
    line("Here", `${withInterval(claim.value, claim.low, claim.high)} (${claim.interval})`, intervalPicture(claim)),
    line("Beside it", claim.control),
    line("Rule", claim.rule),
    line("Verdict", verdict(claim)),
    claim.otherwise ? line("Otherwise", claim.otherwise) : [],
    claim.stability ? line("Stability", claim.stability) : [],
    claim.power ? line("Power", claim.power) : [],
    claim.exploratory ? line("Before", `${claim.exploratory} in the exploratory run, with other seeds; both together: ${claim.combined}`) : [],
    claim.published_sizes ? line("Larger models", `${claim.published_sizes} in the run at published sizes`) : [],
    line("Comes from", el("ul", {},
      shown.map(([number]) => el("li", {}, `figure ${number}`)),
      claim.tables.map((path) => el("li", {}, "table ", el("code", { textContent: path }))))));
  return [list, shown.map(([number, figure]) => picture(number, figure))].flat();
}

function picture(number, figure) {
  return el("figure", {}, el("img", { src: figure.image, alt: `Figure ${number}: ${figure.title}` }),
    el("figcaption", {}, el("b", { textContent: `Figure ${number}. ${figure.title}. ` }), figure.caption));
}
