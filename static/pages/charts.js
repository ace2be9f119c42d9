// Draws every [data-chart] from the JSON beside it. The AST interpreter keeps vega inside a policy without 'unsafe-eval'.
(() => {
  const themes = JSON.parse(document.getElementById("chart-themes").textContent);
  const theme = () => themes[document.documentElement.dataset.bsTheme === "dark" ? "dark" : "light"];
  const drawn = new Map();

  const draw = async (holder) => {
    const spec = JSON.parse(document.getElementById(holder.dataset.chart).textContent);
    drawn.get(holder)?.finalize();
    const width = spec.width === "container" ? { autosize: { type: "fit-x", contains: "padding" } } : {};
    drawn.set(holder, await vegaEmbed(holder, { ...spec, ...width }, { actions: false, ast: true, renderer: "svg", logLevel: vega.Error, config: theme() }));
  };
  const drawAll = (part) => part.querySelectorAll("[data-chart]").forEach(draw);

  document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) drawAll(event.detail.elt); });
  document.documentElement.addEventListener("themechange", () => drawAll(document));
  drawAll(document);
})();
