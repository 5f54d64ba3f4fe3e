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

// Two commits beside each other: each row of the table is a series, whose values are data of the page.
(() => {
  const form = document.querySelector("form.choice");
  if (!form) return;
  const section = form.closest("section");
  const { commits, series, shown } = JSON.parse(section.querySelector(".choice-data").textContent);
  const rows = [...section.querySelectorAll("tbody tr")];
  const selects = [...form.querySelectorAll("select")];
  const named = (label, options) => {
    if (!options.length) return;
    for (const select of selects) {
      const group = document.createElement("optgroup");
      group.label = label;
      for (const [text, place] of options) group.append(new Option(text, place));
      select.append(group);
    }
  };
  const places = commits.map((_, place) => place).reverse();
  named("releases", places.filter((it) => commits[it][3]).map((it) => [`${commits[it][3]}, ${commits[it][2]}`, it]));
  named("commits", places.map((it) => [`${commits[it][1]}, ${commits[it][2]}`, it]));
  const percent = (ratio) => {
    const change = (ratio - 1) * 100;
    const size = Math.abs(change);
    if (size === 0) return "0 %";
    const digits = size >= 10 ? 1 : size >= 0.1 ? 2 : size >= 0.001 ? 4 : 6;
    return `${change > 0 ? "+" : ""}${change.toFixed(digits)} %`;
  };
  const change = (one, base, next, old, now) => {
    if (!old || !now) return ["–", ""];
    const [first, last] = [Math.min(base, next), Math.max(base, next)];
    if (one.baselines.some((start) => first < start && start <= last)) return ["new baseline", "aside"];
    if (old[2] <= 0 || now[2] <= 0) return ["–", ""];
    const ratio = now[2] / old[2];
    const isNoise = ratio <= 1 + one.floor && ratio >= 1 / (1 + one.floor);
    return [percent(ratio), isNoise ? "" : (ratio > 1) === one.less_is_better ? "worse" : "better"];
  };
  const show = () => {
    const [base, next] = selects.map((select) => Number(select.value));
    section.querySelector("caption span").textContent = `${commits[base][1]} and ${commits[next][1]}`;
    rows.forEach((row, index) => {
      const one = series[index];
      const [old, now] = [base, next].map((place) =>
        one.runs.find(([first, last]) => first <= place && place <= last));
      row.cells[2].textContent = old ? old[3] : "–";
      row.cells[3].textContent = now ? now[3] : "–";
      const [text, tone] = change(one, base, next, old, now);
      row.cells[4].textContent = text;
      row.cells[4].className = `n s ${tone}`;
    });
  };
  const read = () => {
    const query = new URLSearchParams(location.search);
    selects.forEach((select, index) => {
      const place = commits.findIndex(([id]) => id === query.get(select.name));
      select.value = place < 0 ? shown[index] : place;
    });
    show();
  };
  const write = () => {
    const query = new URLSearchParams();
    for (const select of selects) query.set(select.name, commits[select.value][0]);
    history.replaceState(null, "", `?${query}${location.hash}`);
    show();
  };
  form.addEventListener("change", write);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector("button").addEventListener("click", () => {
    [selects[0].value, selects[1].value] = [selects[1].value, selects[0].value];
    write();
  });
  addEventListener("popstate", read);
  form.hidden = false;
  read();
})();

// Zoom into a plot over commits: dragging over a part of it, or the newest half by a button. All marks
// have their places in percent of the width.
(() => {
  for (const plot of document.querySelectorAll("svg.plot")) {
    const points = [...plot.querySelectorAll("circle.point")];
    if (points.length < 8) continue;
    const marks = [...plot.querySelectorAll("circle.point, line.step, line.step-worse, line.step-better")];
    const before = marks.map((mark) => parseFloat(mark.getAttribute("cx") ?? mark.getAttribute("x1")));
    const level = plot.querySelector("path.level")?.ownerSVGElement;
    const box = level?.getAttribute("viewBox").split(" ");
    const ends = [...plot.querySelectorAll("text.place")];
    const names = ends.map((end) => end.textContent);
    const bar = document.createElement("div");
    bar.className = "zoom";
    const button = (text, action) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = text;
      made.addEventListener("click", action);
      bar.append(made);
      return made;
    };
    let shown = [0, 100];
    const show = (from, to) => {
      if (to - from < 1) return;
      shown = [from, to];
      const scale = 100 / (to - from);
      const seen = [];
      marks.forEach((mark, index) => {
        const x = (before[index] - from) * scale;
        const isOut = x < 0 || x > 100;
        mark.style.display = isOut ? "none" : "";
        for (const name of ["cx", "x1", "x2"]) if (mark.hasAttribute(name)) mark.setAttribute(name, `${x}%`);
        if (!isOut && mark.matches(".point")) seen.push(mark.dataset.tip.split(": ")[0]);
      });
      level?.setAttribute("viewBox", `${from * 10} ${box[1]} ${(to - from) * 10} ${box[3]}`);
      const isAll = from === 0 && to === 100;
      ends.forEach((end, index) => {
        end.textContent = isAll ? names[index] : (index ? seen.at(-1) : seen[0]) ?? "";
      });
      all.disabled = isAll;
    };
    button("Newest half", () => show((shown[0] + shown[1]) / 2, shown[1]));
    const all = button("All commits", () => show(0, 100));
    all.disabled = true;
    plot.before(bar);
    let start = null;
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    mark.setAttribute("class", "selected");
    mark.setAttribute("height", plot.getAttribute("height"));
    const place = (event) => {
      const { left, width } = plot.getBoundingClientRect();
      return Math.min(100, Math.max(0, (event.clientX - left) / width * 100));
    };
    plot.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse") return;
      start = place(event);
      plot.setPointerCapture(event.pointerId);
      mark.setAttribute("width", "0");
      plot.append(mark);
      event.preventDefault();
    });
    plot.addEventListener("pointermove", (event) => {
      if (start === null) return;
      const now = place(event);
      mark.setAttribute("x", `${Math.min(start, now)}%`);
      mark.setAttribute("width", `${Math.abs(now - start)}%`);
    });
    const end = (event) => {
      if (start === null) return;
      const [from, to] = [start, place(event)].sort((one, other) => one - other);
      start = null;
      mark.remove();
      const share = (shown[1] - shown[0]) / 100;
      if (to - from > 2) show(shown[0] + from * share, shown[0] + to * share);
    };
    plot.addEventListener("pointerup", end);
    plot.addEventListener("pointercancel", () => { start = null; mark.remove(); });
    plot.addEventListener("dblclick", () => show(0, 100));
  }
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
