"use strict";
// Values on hover, at once and for touch too: each mark's <title> becomes a tip of the page.
(() => {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  for (const title of document.querySelectorAll("svg.plot title")) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  const show = (event) => {
    const mark = event.target.closest?.("[data-tip]");
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.dataset.tip;
    const { width, height } = tip.getBoundingClientRect();
    const x = Math.min(event.clientX + 12, innerWidth - width - 8);
    const above = event.clientY - height - 12;
    tip.style.left = `${Math.max(8, x)}px`;
    tip.style.top = `${above > 0 ? above : event.clientY + 16}px`;
  };
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
})();

// Filters, which live in the page's address: rows that can be filtered have data attributes.
(() => {
  const form = document.querySelector("form.filters");
  if (!form) return;
  const selects = [...form.querySelectorAll("select")];
  const rows = [...document.querySelectorAll("tr[data-board]")];
  const count = form.querySelector("output");
  const apply = () => {
    const wanted = selects.filter((select) => select.value);
    let shown = 0;
    for (const row of rows) {
      // A row without the facet, such as one that stands for all metrics, is not filtered by it.
      const fits = wanted.every((select) =>
        !(select.name in row.dataset) || row.dataset[select.name] === select.value);
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = wanted.length ? `${shown} of ${rows.length} rows` : "";
  };
  const read = () => {
    const query = new URLSearchParams(location.search);
    for (const select of selects) {
      const value = query.get(select.name) ?? "";
      select.value = [...select.options].some((option) => option.value === value) ? value : "";
    }
    apply();
  };
  const write = () => {
    const query = new URLSearchParams();
    for (const select of selects) if (select.value) query.set(select.name, select.value);
    const text = query.toString();
    history.replaceState(null, "", text ? `?${text}${location.hash}` : location.pathname + location.hash);
    apply();
  };
  form.addEventListener("change", write);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector("button").addEventListener("click", () => {
    for (const select of selects) select.value = "";
    write();
  });
  addEventListener("popstate", read);
  form.hidden = false;
  read();
})();

// What is folded away is printed too.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details:not([open])")) {
    details.open = true;
    details.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const details of document.querySelectorAll("details[data-printed]")) {
    details.open = false;
    delete details.dataset.printed;
  }
});
