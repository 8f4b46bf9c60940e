// Unpack the data and show every panel.

/** Data that stand in the page as gzip in Base64. */
async function unpacked(packed) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

try {
  const content = await unpacked(byId("content").textContent);
  const figures = JSON.parse(byId("figures").textContent);
  byId("tier").textContent = `Tier: ${content.tier}.`;
  claimsPanel(content, figures);
  runPanel(content);
  leadsPanel(content);
  calibrationPanel(content);
} catch (error) {
  const problem = byId("problem");
  problem.textContent = `This page cannot be drawn (${error.message}); it needs a browser of 2023 or later.`;
  problem.hidden = false;
  throw error;
}
document.documentElement.dataset.ready = "yes";
