// Show every panel of the explorer.

await start((content, figures) => {
  byId("tier").textContent = `Tier: ${content.tier}.`;
  claimsPanel(content, figures);
  runPanel(content);
  leadsPanel(content);
  armsPanel(content);
  calibrationPanel(content);
});
