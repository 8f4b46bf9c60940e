// Show every panel of the page on runs of one's own.

await start((content) => {
  byId("heading").textContent = content.heading;
  TASK_NAMES.CTL = "control";
  NULL_CURVES["placebo, family"] = "other groups";
  CHANCES["placebo, family"] = "the curve of another group";
  CHANCES["placebo, other_seeds"] = "that of a group as difficult in other seeds";
  summaryPanel(content);
  scoresPanel(content);
  aheadPanel(content);
  runPanel(content);
  leadsPanel(content);
  byId("limits-list").append(...items(content.limits));
  checkpointsPanel(content);
});
