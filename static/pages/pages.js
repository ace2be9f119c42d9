// Small things a page does on its own; everything works without them.
(() => {
  // The policy on inline scripts leaves widths to us.
  const setWidths = (part) => part.querySelectorAll("[data-width]").forEach((bar) => { bar.style.width = `${bar.dataset.width}%`; });

  // Where only what is newest matters, which stands on the right of a grid, that is where it opens.
  const showNewest = (part) => part.querySelectorAll("[data-opens-newest]").forEach((grid) => { grid.scrollLeft = grid.scrollWidth; });

  // On a phone each row of a table becomes a list, in which every cell says its column. Without scripts the table scrolls.
  const ROLES = { THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
  const nameCells = (table) => {
    const heads = table.querySelectorAll("thead tr");
    if (heads.length !== 1 || heads[0].querySelector("[colspan]")) return;
    const names = [...heads[0].cells].map((head) => (head.querySelector(".visually-hidden") ? "" : [...head.childNodes].map((part) => part.textContent.replace(/[↑↓]/g, "").trim()).filter(Boolean).join(", ")));
    for (const row of table.querySelectorAll("tbody tr")) {
      if (row.cells.length === names.length) [...row.cells].forEach((cell, place) => { cell.dataset.label = names[place]; });
    }
    // Laid out as a list, it is still a table for whoever listens to it.
    table.setAttribute("role", "table");
    table.querySelectorAll("thead, tbody, tr, td").forEach((part) => part.setAttribute("role", ROLES[part.tagName]));
    table.querySelectorAll("th").forEach((head) => head.setAttribute("role", head.closest("thead") ? "columnheader" : "rowheader"));
    table.classList.add("stacks");
  };
  const tablesIn = (part) => new Set([...part.querySelectorAll(".card-table"), part.closest(".card-table")].filter(Boolean));

  // A form that was refused opens at what is wrong with it.
  const showFault = (part) => part.querySelector("form .reasons, form [aria-invalid=true]")?.focus();
  const settle = (part) => { setWidths(part); showNewest(part); tablesIn(part).forEach(nameCells); showFault(part); };

  document.addEventListener("DOMContentLoaded", () => settle(document.body));
  document.addEventListener("htmx:load", (event) => settle(event.detail.elt));

  // A menu closes on Escape, on a click elsewhere and when the focus leaves it.
  const closeMenus = (except) => document.querySelectorAll("details.menu[open]").forEach((menu) => { if (menu !== except) menu.open = false; });
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  // A form is sent once; the server would refuse the second click anyway.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    event.target.querySelectorAll("button[type=submit]").forEach((button) => setTimeout(() => { button.disabled = true; }));
  });
  addEventListener("pageshow", () => document.querySelectorAll("button[type=submit]:disabled").forEach((button) => { button.disabled = false; }));

  // A file dropped on a form's drop zone goes into its file field.
  const zone = (event) => event.target.closest?.("[data-drop]");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const target = zone(event);
      if (!target) return;
      event.preventDefault();
      target.classList.toggle("over", kind === "dragover");
      if (kind === "drop") target.querySelector("input[type=file]").files = event.dataTransfer.files;
    });
  }

  document.addEventListener("change", (event) => { if (event.target.matches("[data-submits]")) event.target.form.requestSubmit(); });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    const word = button.querySelector("span") ?? button;
    const before = word.textContent;
    word.textContent = "Copied";
    setTimeout(() => { word.textContent = before; }, 1500);
  });
})();
