// Unpack the data and draw the page, or say why it cannot be drawn.

/** Data that stand in the page as gzip in Base64. */
async function unpacked(packed) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

/** Draw all panels of a page from its content and its figures. */
async function start(drawPanels) {
  try {
    const content = await unpacked(byId("content").textContent);
    byId("warning").textContent = content.warning;
    byId("warning").hidden = !content.warning;
    drawPanels(content, JSON.parse(byId("figures").textContent));
  } catch (error) {
    const problem = byId("problem");
    problem.textContent = `This page cannot be drawn (${error.message}); it needs a browser of 2023 or later.`;
    problem.hidden = false;
    throw error;
  }
  document.documentElement.dataset.ready = "yes";
}
