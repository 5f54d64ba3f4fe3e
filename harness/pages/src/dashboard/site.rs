//! The files of the site.

use std::path::Path;

use super::badge::badge;
use super::feed::feed;
use super::history::{Group, History};
use super::names::{COMPARISON, Names, Options, is_web_address};
use super::{comparison, overview, series, state, status};
use crate::page::{self, Document, Layout, PageError, write_folder};

/// Writes the site to `folder`. All of it is made before the first file is written.
pub fn write(history: &History, options: &Options, folder: &Path) -> Result<(), PageError> {
    for (option, url) in [
        ("--commit-url", &options.commit_url),
        ("--site-url", &options.site_url),
    ] {
        if let Some(url) = url.as_ref().filter(|url| !is_web_address(url)) {
            let url = url.clone();
            return Err(PageError::Url { option, url });
        }
    }
    let names = Names::new(history, options);
    let inner = names.seen_from("../");
    // All is made before the first file is written: what fails, fails early.
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut page = |path: &str, document: &Document, names: &Names| {
        let html = page::html(document, &layout(path, names.root(), options))?;
        files.push((path.to_owned(), html.into_bytes()));
        Ok::<_, PageError>(())
    };
    page(
        "index.html",
        &overview::overview(history, &options.title, &names),
        &names,
    )?;
    page("steps.html", &overview::all_steps(history, &names), &names)?;
    page(COMPARISON, &comparison::page(history, &names)?, &names)?;
    page("status.html", &status::page(history, &names), &names)?;
    for group in &history.groups {
        let path = format!("series/{}.html", names.stem(group));
        page(&path, &series::page(history, group, &inner), &inner)?;
    }
    for (group, sides) in overview::reported(history) {
        let [commit, previous] = [sides.commit, sides.previous].map(|it| &history.commits[it]);
        let title = format!("{} at {}", group.title(), commit.short());
        let [mut before, at] = [previous, commit].map(|it| it.short().to_owned());
        if before == at {
            before.insert_str(0, "before ");
        }
        let titles = [before, at];
        let document = sides.document(title, titles)?;
        page(&names.report(group, commit), &document, &inner)?;
    }
    for group in &history.groups {
        let csv = series::csv(history, group).map_err(PageError::Feed)?;
        files.push((format!("series/{}.csv", names.stem(group)), csv));
        files.extend(badges(group, names.stem(group)));
    }
    let (verdict, is_bad) = status::verdict(history);
    let status = badge("benchmarks", &verdict, is_bad).into_bytes();
    files.push(("badges/status.svg".to_owned(), status));
    let feed = feed(history, options, &names).map_err(PageError::Feed)?;
    files.push(("feed.xml".to_owned(), feed));
    write_folder(folder, &files)?;
    Ok(())
}

fn layout(path: &str, root: &str, options: &Options) -> Layout {
    let link = |name: &str, target: &str| {
        let target = if target == path {
            String::new()
        } else {
            format!("{root}{target}")
        };
        (name.to_owned(), target)
    };
    Layout {
        links: vec![
            link(&options.title, "index.html"),
            link("Status", "status.html"),
            link("All steps", "steps.html"),
            link("Compare", COMPARISON),
        ],
        feed: Some(format!("{root}feed.xml")),
    }
}

/// A badge for each headline figure of a group.
fn badges(group: &Group, stem: &str) -> Vec<(String, Vec<u8>)> {
    group
        .headline()
        .filter_map(|shown| {
            let last = shown.samples.last()?;
            let name = format!("{} {}", group.workload, shown.metric.title);
            let text = series::value(shown, last.value, last.is_modelled);
            let is_bad = state::is_open(shown);
            Some((
                format!("badges/{stem}-{}.svg", shown.metric.slug),
                badge(&name, &text, is_bad).into_bytes(),
            ))
        })
        .collect()
}
