// Show every panel of the page on runs of one's own.

await start((content) => {
  byId("heading").textContent = content.heading;
  TASK_NAMES.CTL = "control";
  Object.assign(RUN_LABELS, { task: "Group", seed: "Run" });
  BESIDE.placebo = "other groups";
  BESIDE_KEY.placebo = "other groups of this run";
  byId("run-title").textContent = "One group";
  byId("leads-title").textContent = "Rates of leads";
  NULL_CURVES["placebo, family"] = "other groups";
  NULL_CURVES["placebo, other_seeds"] = "as difficult";
  CHANCES["placebo, family"] = "the curve of another group";
  CHANCES["placebo, other_seeds"] = "that of a group as difficult in other seeds";
  summaryPanel(content);
  scoresPanel(content);
  aheadPanel(content);
  rivalsPanel(content);
  runPanel(content);
  leadsPanel(content);
  byId("limits-list").append(...items(content.limits));
  checkpointsPanel(content);
});
