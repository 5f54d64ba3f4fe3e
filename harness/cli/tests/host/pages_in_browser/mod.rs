//! Report and dashboard in a real browser, where there is one.

mod browser;

use std::fs;
use std::path::Path;

use crate::support::{Ended, Tinybench, project_root};
use browser::{Browser, serve};
use serde_json::{Value, json};

/// A name that would do harm on a page that took it for markup.
const HOSTILE: &str =
    "</title></script><script>window.harmed=1</script><img src=x onerror=harmed=1>";

/// A record whose inferences take `cycles`.
fn record(cycles: &[u32]) -> Value {
    let path = project_root().join("harness/cli/tests/data/record.json");
    let mut record: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let mut sorted = cycles.to_vec();
    sorted.sort_unstable();
    let median = f64::from(sorted[sorted.len() / 2]);
    let latency = &mut record["results"][0]["latency"];
    latency["cycles"] = json!(cycles);
    latency["min_cycles"] = json!(sorted[0]);
    latency["max_cycles"] = json!(sorted[sorted.len() - 1]);
    latency["median_cycles"] = json!(median);
    latency["median_us"] = json!(median / 64.0);
    record
}

fn run(tinybench: &Tinybench, arguments: &[&str]) {
    let Ended { code, stderr, .. } = tinybench.run(arguments);
    assert_eq!(code, Some(0), "{stderr}");
}

/// A report on two runs and a workload with a hostile name.
fn report(tinybench: &Tinybench) -> String {
    let before = record(&[8_800_000, 8_826_588, 8_830_000, 8_826_000, 8_827_000]);
    let mut after = record(&[9_800_000, 9_826_588, 9_830_000, 9_826_000, 9_827_000]);
    let mut other = after["results"][0].clone();
    other["workload"] = json!(HOSTILE);
    after["results"].as_array_mut().unwrap().push(other);
    tinybench.file("before.json", before.to_string().as_bytes());
    tinybench.file("after.json", after.to_string().as_bytes());
    run(
        tinybench,
        &["report", "before.json", "after.json", "-o", "report.html"],
    );
    format!("file://{}", tinybench.path("report.html").display())
}

/// A dashboard of 40 commits with a step at the 30th, on a board with a hostile name too.
fn dashboard(tinybench: &Tinybench) -> std::path::PathBuf {
    for number in 0..40 {
        for name in ["nano33", HOSTILE] {
            let mut record = record(&[if number < 30 { 8_826_588 } else { 9_826_588 }; 3]);
            let time = format!("2026-02-{:02}T{:02}:00:00Z", 1 + number / 2, 8 + number % 2);
            record["started_at"] = json!(time);
            record["commit"] = json!({ "id": format!("{number:040x}"), "time": time });
            record["board"]["name"] = json!(name);
            let file = format!("history/{number}-{}.json", name.len());
            tinybench.file(&file, record.to_string().as_bytes());
        }
    }
    run(tinybench, &["dashboard", "history", "-o", "site"]);
    tinybench.path("site")
}

/// Of each plot whether it has a size and a mark in it that can be seen.
const PLOTS: &str = "[...document.querySelectorAll('svg.plot')].map(plot => {
    const box = plot.getBoundingClientRect();
    const seen = [...plot.querySelectorAll('rect, circle')].some(mark => {
        const { width, height } = mark.getBoundingClientRect();
        const style = getComputedStyle(mark);
        return width > 0 && height > 0 && style.fill !== 'none' && style.visibility === 'visible';
    });
    return box.width > 200 && box.height > 40 && seen;
})";

/// Contrast of text and ground (WCAG 2.2, 1.4.3) of every element that holds text itself.
const CONTRAST: &str = "(() => {
    const luminance = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = luminance(getComputedStyle(document.body).backgroundColor);
    const own = (e) => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    const texts = [...document.querySelectorAll('main *, nav *')]
        .filter(e => own(e) && e.getClientRects().length);
    return Math.min(...texts.map(e => {
        const style = getComputedStyle(e);
        const ink = luminance(e.ownerSVGElement ? style.fill : style.color);
        return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    }));
})()";

/// What a page of ours always keeps to, in both colour schemes, on a phone and on a desk.
fn check_looks(browser: &mut Browser, address: &str, plots: usize) {
    let mut grounds = Vec::new();
    for (width, scheme) in [
        (360, "light"),
        (1200, "light"),
        (360, "dark"),
        (1200, "dark"),
    ] {
        browser.look(width, scheme);
        browser.open(address);
        let place = format!("{address}, {width} px, {scheme}");
        let shown = browser.evaluate(PLOTS);
        let shown = shown.as_array().unwrap();
        assert!(shown.len() >= plots, "{place}: {} plots", shown.len());
        assert!(shown.iter().all(|plot| plot == true), "{place}: {shown:?}");
        let overflow = "document.documentElement.scrollWidth - innerWidth";
        let overflow = browser.evaluate(overflow).as_f64().unwrap();
        assert!(overflow <= 0.0, "{place}: {overflow} px too wide");
        let contrast = browser.evaluate(CONTRAST).as_f64().unwrap();
        assert!(contrast >= 4.5, "{place}: contrast {contrast}");
        grounds.push(browser.evaluate("getComputedStyle(document.body).backgroundColor"));
        assert_eq!(browser.errors(), [""; 0], "{place}");
    }
    assert_ne!(grounds[0], grounds[2], "light and dark look the same");
}

/// Widths of windows, from a phone to a large screen.
const WIDTHS: [u32; 8] = [360, 390, 600, 768, 900, 1200, 1400, 1920];

/// What is cut: parts of a page that would have to be scrolled sideways. Everything is unfolded first.
const CUT: &str = "(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
    const name = (e) => `${e.className} ${e.textContent.trim().slice(0, 60)}`;
    return [...document.querySelectorAll('main .scroll, main pre, main p, main h1, main h2')]
        .filter(e => e.scrollWidth > e.clientWidth + 1)
        .map(e => `${name(e)}: ${e.scrollWidth} in ${e.clientWidth}`);
})()";

/// Words of a plot that lie upon each other, or outside of it.
const UPON: &str = "[...document.querySelectorAll('svg.plot')].flatMap(plot => {
    const texts = [...plot.querySelectorAll('text:not(.inside)')].filter(it => it.textContent.trim());
    const boxes = texts.map(it => it.getBoundingClientRect());
    const frame = plot.getBoundingClientRect();
    const found = [];
    boxes.forEach((one, i) => {
        if (one.left < frame.left - 2 || one.right > frame.right + 2) found.push(`outside: ${texts[i].textContent}`);
        boxes.slice(i + 1).forEach((other, j) => {
            const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
            const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
            if (across > 1 && down > 3) found.push(`${texts[i].textContent} / ${texts[i + 1 + j].textContent}`);
        });
    });
    return found;
})";

/// Nothing of a page is cut at any width nor in print, and no words of a plot lie upon each other.
fn check_layout(browser: &mut Browser, address: &str) {
    browser.look(WIDTHS[0], "light");
    browser.open(address);
    for width in WIDTHS {
        browser.look(width, "light");
        let found = [CUT, UPON].map(|it| browser.evaluate(it));
        assert_eq!(found, [json!([]), json!([])], "{address}, {width} px");
    }
    // A4 between margins of 1 cm.
    browser.print(718);
    let wide = browser.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)\
         .map(e => `${e.tagName} ${e.textContent.trim().slice(0, 60)}`)",
    );
    assert_eq!(wide, json!([]), "{address}, printed");
}

/// A record of so many workloads, each of another cost.
fn workloads(count: usize, slower: f64) -> Value {
    let mut all = record(&[8_826_588; 3]);
    let results = (0..count).map(|number| {
        let cycles = 1_000.0 * slower * 1.6_f64.powi(number as i32 % 20);
        let mut one = record(&[cycles as u32; 3])["results"][0].clone();
        one["workload"] = json!(format!(
            "{}-{number}",
            ["kws", "vww", "ad-pruned50-huffman"][number % 3]
        ));
        one
    });
    all["results"] = results.collect();
    all
}

#[test]
fn nothing_is_cut_at_any_width_with_few_workloads_or_many() {
    let Some(mut browser) = Browser::launch() else {
        return;
    };
    let tinybench = Tinybench::new();
    for count in [1, 5, 40] {
        tinybench.file("base.json", workloads(count, 1.0).to_string().as_bytes());
        tinybench.file("new.json", workloads(count, 1.07).to_string().as_bytes());
        let mut other = workloads(count, 0.5);
        other["board"]["name"] = json!("nucleo-l4r5zi");
        other["board"]["chip"] = json!("STM32L4R5ZITx");
        tinybench.file("other.json", other.to_string().as_bytes());
        let budget = ["--budget", "latency=100ms,ram=64KB,flash=256KB"];
        for records in [&["base.json"][..], &["base.json", "new.json", "other.json"]] {
            let arguments = [&["report"], records, &["-o", "report.html"], &budget];
            run(&tinybench, &arguments.concat());
            let address = format!("file://{}", tinybench.path("report.html").display());
            check_layout(&mut browser, &address);
        }
    }
}

#[test]
fn any_two_commits_and_releases_are_compared() {
    let Some(mut browser) = Browser::launch() else {
        return;
    };
    let tinybench = Tinybench::new();
    let cycles = [8_000_000, 8_000_000, 8_800_000, 4_000_000];
    for (number, cycles) in cycles.into_iter().enumerate() {
        let mut record = record(&[cycles; 3]);
        let time = format!("2026-02-{:02}T08:00:00Z", 1 + number);
        record["started_at"] = json!(time);
        let release = (number % 2 == 0).then(|| format!("v{number}"));
        let id = format!("{number:040x}");
        record["commit"] = json!({ "id": id, "time": time, "release": release });
        tinybench.file(
            &format!("history/{number}.json"),
            record.to_string().as_bytes(),
        );
    }
    run(&tinybench, &["dashboard", "history", "-o", "site"]);
    let address = format!("{}/compare.html", serve(&tinybench.path("site")));
    check_layout(&mut browser, &address);
    browser.look(1200, "light");
    let row = "[...document.querySelector('tbody tr').cells].slice(2, 5).map(it => it.textContent)";
    let latency = |base: &str, new: &str, change: &str| json!([base, new, change]);
    // Without a choice the last two releases, with scripts and without.
    for scripts in [true, false] {
        browser.allow_scripts(scripts);
        browser.open(&address);
        let shown = browser.evaluate(row);
        assert_eq!(shown, latency("≈ 125.0 ms", "≈ 137.5 ms", "+10.0 %"));
    }
    browser.allow_scripts(true);
    let choose = |base: usize, new: usize| format!("{address}?base={base:040x}&new={new:040x}");
    browser.open(&choose(2, 3));
    assert_eq!(
        browser.evaluate(row),
        latency("≈ 137.5 ms", "≈ 62.50 ms", "-54.5 %")
    );
    let tone = "document.querySelector('tbody tr').cells[4].className";
    assert_eq!(browser.evaluate(tone), json!("n s better"));
    browser.evaluate("document.querySelector('form.choice button').click()");
    assert_eq!(
        browser.evaluate(row),
        latency("≈ 62.50 ms", "≈ 137.5 ms", "+120.0 %")
    );
    assert_eq!(browser.evaluate("location.href"), json!(choose(3, 2)));
    // A release is chosen like a commit.
    let named = browser.evaluate("[...document.querySelectorAll('optgroup[label=releases] option')].map(it => it.textContent)");
    let names = ["v2, 2026-02-03", "v0, 2026-02-01"];
    assert_eq!(named.as_array().unwrap()[..2], names.map(|it| json!(it)));
    browser.open(&choose(0, 1));
    assert_eq!(
        browser.evaluate(row),
        latency("≈ 125.0 ms", "≈ 125.0 ms", "0 %")
    );
}

#[test]
fn a_plot_over_commits_zooms() {
    let Some(mut browser) = Browser::launch() else {
        return;
    };
    let tinybench = Tinybench::new();
    let site = dashboard(&tinybench);
    let pages = fs::read_dir(site.join("series")).unwrap();
    let pages = pages.map(|it| it.unwrap().file_name().into_string().unwrap());
    let page = pages
        .into_iter()
        .find(|it| it.starts_with("kws-on-virtual-nano33-") && it.ends_with(".html"));
    let served = serve(&site);
    for page in ["index.html", "status.html", "steps.html"] {
        check_layout(&mut browser, &format!("{served}/{page}"));
    }
    let address = format!("{served}/series/{}", page.unwrap());
    check_layout(&mut browser, &address);
    browser.look(1200, "light");
    browser.open(&address);
    let seen = "[...document.querySelector('svg.plot').querySelectorAll('circle.point')].filter(it => it.style.display !== 'none').length";
    let ends = "[...document.querySelector('svg.plot').querySelectorAll('text.place')].map(it => it.textContent)";
    let before = browser.evaluate(ends);
    assert_eq!(browser.evaluate(seen), json!(40));
    browser.evaluate("document.querySelector('.zoom button').click()");
    assert_eq!(browser.evaluate(seen), json!(20));
    let after = browser.evaluate(ends);
    assert_ne!(after[0], before[0]);
    assert_eq!(after[1], before[1]);
    browser.evaluate("document.querySelector('.zoom button:last-child').click()");
    assert_eq!(browser.evaluate(seen), json!(40));
    assert_eq!(browser.evaluate(ends), before);
}

/// What screen readers need.
fn check_structure(browser: &mut Browser) {
    for (what, expression) in [
        (
            "one main heading",
            "document.querySelectorAll('h1').length === 1",
        ),
        (
            "one main part",
            "document.querySelectorAll('main').length === 1",
        ),
        ("a language", "document.documentElement.lang === 'en'"),
        (
            "named plots",
            "[...document.querySelectorAll('svg.plot')].every(plot => \
             plot.getAttribute('role') === 'img' && \
             plot.getAttribute('aria-labelledby').split(' ').every(id => \
             document.getElementById(id)?.textContent.trim()))",
        ),
        (
            "a table behind each plot",
            "[...document.querySelectorAll('figure')].every(it => it.querySelector('details table tbody tr'))",
        ),
        (
            "captions and headings of tables",
            "[...document.querySelectorAll('table')].every(table => \
             table.caption?.textContent && \
             table.querySelector('thead th[scope=col]') && table.querySelector('tbody th[scope=row]'))",
        ),
        (
            "ids that are unique",
            "(ids => ids.length === new Set(ids).size)([...document.querySelectorAll('[id]')].map(e => e.id))",
        ),
        (
            "headings in order",
            "[...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])\
             .every((level, i, all) => i === 0 ? level === 1 : level <= all[i - 1] + 1)",
        ),
    ] {
        assert_eq!(browser.evaluate(expression), json!(true), "{what}");
    }
}

#[test]
fn a_report_is_complete_readable_and_alone() {
    let Some(mut browser) = Browser::launch() else {
        return;
    };
    let tinybench = Tinybench::new();
    let address = report(&tinybench);
    check_looks(&mut browser, &address, 8);
    check_structure(&mut browser);
    assert_eq!(browser.evaluate("window.harmed === undefined"), json!(true));
    let text = browser.evaluate("document.body.innerText");
    assert!(text.as_str().unwrap().contains(HOSTILE), "{text}");
    // The page itself is all that is asked for.
    for request in browser.requests() {
        assert!(
            request == address || request.starts_with("data:"),
            "{request}"
        );
    }

    // Values on hover.
    let bar = browser.evaluate(
        "(async () => {
            const figure = document.querySelector('#latency-plot').closest('figure');
            const bar = figure.querySelector('svg.plot rect');
            bar.scrollIntoView({ behavior: 'instant', block: 'center' });
            for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
            const { x, y, width, height } = bar.getBoundingClientRect();
            return [x + width / 2, y + height / 2];
        })()",
    );
    browser.point(bar[0].as_f64().unwrap(), bar[1].as_f64().unwrap());
    let tip = browser.evaluate("document.querySelector('.tip:not([hidden])')?.textContent");
    let tip = tip.as_str().expect("no value on hover");
    assert!(tip.contains("≈") && tip.contains("ms"), "{tip}");

    // By keyboard to the first table behind a plot.
    browser.open(&address);
    let mut reached = Vec::new();
    for _ in 0..60 {
        browser.press("Tab", 9);
        let focused = browser.evaluate("document.activeElement.tagName");
        reached.push(focused.as_str().unwrap().to_owned());
        let in_figure = "document.activeElement.matches('figure summary')";
        if browser.evaluate(in_figure) == json!(true) {
            break;
        }
    }
    assert_eq!(
        reached.first().map(String::as_str),
        Some("A"),
        "no skip link"
    );
    assert_eq!(
        reached.last().map(String::as_str),
        Some("SUMMARY"),
        "{reached:?}"
    );
    browser.press("Enter", 13);
    let opened = "document.activeElement.parentElement.open";
    assert_eq!(browser.evaluate(opened), json!(true));
}

/// How many rows are shown.
const SHOWN: &str = "[...document.querySelectorAll('tr[data-board]')].filter(r => r.getClientRects().length).length";

#[test]
fn a_dashboard_filters_by_its_address_and_works_without_scripts() {
    let Some(mut browser) = Browser::launch() else {
        return;
    };
    let tinybench = Tinybench::new();
    let site = dashboard(&tinybench);
    let address = serve(&site);
    let start = format!("{address}/index.html");
    check_looks(&mut browser, &start, 0);
    check_structure(&mut browser);
    let paint = browser.evaluate(
        "(async () => {
            for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
            return performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
        })()",
    );
    eprintln!("start page: first contentful paint after {paint} ms");
    let all = browser.evaluate(SHOWN).as_u64().unwrap();

    // A choice hides rows and is in the address; going there shows the same.
    browser.evaluate(
        "{ const select = document.querySelector('select[name=metric]'); select.value = 'latency';\
         select.dispatchEvent(new Event('change', { bubbles: true })); }",
    );
    let some = browser.evaluate(SHOWN).as_u64().unwrap();
    assert!(0 < some && some < all, "{some} of {all}");
    let filtered = browser.evaluate("location.href");
    assert_eq!(filtered, json!(format!("{start}?metric=latency")));
    browser.open(filtered.as_str().unwrap());
    assert_eq!(browser.evaluate(SHOWN).as_u64(), Some(some));
    let query = "?board=virtual+nano33&metric=latency";
    browser.open(&format!("{start}{query}"));
    assert_eq!(browser.evaluate(SHOWN).as_u64(), Some(some / 2));
    browser.evaluate("document.querySelector('form.filters button').click()");
    assert_eq!(browser.evaluate(SHOWN).as_u64(), Some(all));
    assert_eq!(browser.evaluate("location.search"), json!(""));
    // An unknown value filters nothing.
    browser.open(&format!("{start}?metric=%22%3E%3Cscript%3E&x=1"));
    assert_eq!(browser.evaluate(SHOWN).as_u64(), Some(all));

    // By keyboard: the first filter takes arrow keys.
    browser.open(&start);
    for _ in 0..12 {
        browser.press("Tab", 9);
        if browser.evaluate("document.activeElement.tagName") == json!("SELECT") {
            break;
        }
    }
    browser.press("ArrowDown", 40);
    let chosen = browser.evaluate("location.search");
    assert!(chosen.as_str().unwrap().starts_with("?board="), "{chosen}");

    // Every other page.
    let links = browser.evaluate(
        "[...new Set([...document.querySelectorAll('a')].map(a => a.href.split('#')[0]))]\
         .filter(href => href.startsWith(location.origin) && href.endsWith('.html'))",
    );
    let links: Vec<_> = links
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        links.iter().any(|link| link.contains("/series/")),
        "{links:?}"
    );
    for link in &links {
        let plots = if link.contains("/series/") { 1 } else { 0 };
        check_looks(&mut browser, link, plots);
        check_structure(&mut browser);
        assert_eq!(
            browser.evaluate("window.harmed === undefined"),
            json!(true),
            "{link}"
        );
        for request in browser.requests() {
            let local = request.starts_with(&address) || request.starts_with("data:");
            assert!(local, "{link} asks for {request}");
        }
    }

    // A step leads to a report on both its sides.
    let report =
        "[...document.querySelectorAll('td a')].find(it => it.textContent === 'report').href";
    browser.open(&start);
    let report = browser.evaluate(report);
    browser.open(report.as_str().unwrap());
    let shown = browser.evaluate("document.body.innerText");
    let shown = shown.as_str().unwrap();
    assert!(
        shown.contains("≈ 153.5 ms") && shown.contains("≈ 137.9 ms"),
        "{shown}"
    );

    // Without scripts all rows are there and the filters are not.
    browser.allow_scripts(false);
    browser.open(&start);
    assert_eq!(browser.evaluate(SHOWN).as_u64(), Some(all));
    let filters = "document.querySelector('form.filters').getClientRects().length";
    assert_eq!(browser.evaluate(filters), json!(0));
}

#[test]
fn badges_are_pictures() {
    let Some(mut browser) = Browser::launch() else {
        return;
    };
    let tinybench = Tinybench::new();
    let site = dashboard(&tinybench);
    let address = serve(&site);
    for entry in fs::read_dir(site.join("badges")).unwrap() {
        let name = entry.unwrap().file_name();
        let path = Path::new(&name).display().to_string();
        browser.open(&format!("{address}/badges/{path}"));
        let size = browser.evaluate("document.documentElement.getBoundingClientRect().height");
        assert_eq!(size, json!(20), "{path}");
        assert_eq!(browser.errors(), [""; 0], "{path}");
    }
}

#[test]
fn profiles_are_readable() {
    let Some(mut browser) = Browser::launch() else {
        return;
    };
    let tinybench = Tinybench::new();
    let image = project_root().join("targets/virtual/board/examples/thermostat.elf");
    let image = ["--image", image.to_str().unwrap(), "--cycles", "1000000"];
    let arguments = [
        &["profile", "--board", "nano33"][..],
        &image,
        &["-o", "profile.html"],
    ];
    run(&tinybench, &arguments.concat());
    let address = format!("file://{}", tinybench.path("profile.html").display());
    check_looks(&mut browser, &address, 1);
    check_structure(&mut browser);

    let operator = |index: u32, name: &str, cycles: u64| {
        json!({
            "index": index, "name": name, "options": ["3x3", "stride 2", "same", "relu6"],
            "output_shape": [1, 48, 48, 16], "macs": 331_776, "weight_bytes": 1_152,
            "activation_bytes": 92_160, "arena_bytes": 55_296, "bound_cycles": 189_216,
            "cost": { "cycles": cycles },
        })
    };
    let mut profiled = record(&[8_000_000; 3]);
    profiled["results"][0]["profile"] = json!({
        "fidelity": "modelled", "cycles": 8_000_000,
        "operators": [
            operator(0, "DEPTHWISE_CONV_2D", 5_000_000),
            operator(1, HOSTILE, 2_000_000),
        ],
        "between": { "cycles": 1_000_000 },
    });
    tinybench.file("profiled.json", profiled.to_string().as_bytes());
    run(
        &tinybench,
        &["report", "profiled.json", "-o", "report.html"],
    );
    let address = format!("file://{}", tinybench.path("report.html").display());
    check_looks(&mut browser, &address, 5);
    check_structure(&mut browser);
    assert_eq!(browser.evaluate("window.harmed === undefined"), json!(true));
}
