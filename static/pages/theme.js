// Runs before the first paint: the theme this browser chose, else the system's.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => /(?:^|; )theme=(light|dark)/.exec(document.cookie)?.[1];
  const apply = () => { root.dataset.bsTheme = chosen() ?? (system.matches ? "dark" : "light"); };

  apply();
  system.addEventListener("change", () => { apply(); root.dispatchEvent(new Event("themechange")); });
  document.addEventListener("DOMContentLoaded", () => {
    const toggle = document.querySelector("[data-theme-toggle]");
    if (!toggle) return;
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
      document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
      apply();
      root.dispatchEvent(new Event("themechange"));
    });
  });
})();
