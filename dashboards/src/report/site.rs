//! The pages of a report: one shell round all of them, shared style and scripts, and data files that pages load by a tag.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use tera::{Context, Tera};

use super::Error;
use super::figure::Figure;
use super::folder::Folder;
use super::notes::Notes;
use crate::analysis::CONFIDENCE;
use crate::plots::STYLE;
use crate::run::{Axis, Run};

/// Templates by name; each page extends `base.html`; figures and alarms are included.
const TEMPLATES: [(&str, &str); 19] = [
    ("base.html", include_str!("assets/base.html")),
    ("figure.html", include_str!("assets/figure.html")),
    ("alarm.html", include_str!("assets/alarm.html")),
    ("switches.html", include_str!("assets/switches.html")),
    ("notes.html", include_str!("assets/notes.html")),
    ("legend.html", include_str!("assets/legend.html")),
    ("told.html", include_str!("assets/told.html")),
    ("drawn.html", include_str!("assets/drawn.html")),
    ("pair.html", include_str!("assets/pair.html")),
    ("compare.html", include_str!("assets/compare.html")),
    ("index.html", include_str!("assets/index.html")),
    ("task.html", include_str!("assets/task.html")),
    ("items.html", include_str!("assets/items.html")),
    ("price.html", include_str!("assets/price.html")),
    ("provenance.html", include_str!("assets/provenance.html")),
    ("vibes.html", include_str!("assets/vibes.html")),
    ("long.html", include_str!("assets/long.html")),
    ("rate.html", include_str!("assets/rate.html")),
    ("talk.html", include_str!("assets/talk.html")),
];

const PAGE_STYLE: &str = include_str!("assets/page.css");

/// Scripts under `assets/`.
const SCRIPTS: [(&str, &str); 21] = [
    ("common.js", include_str!("assets/common.js")),
    ("access.js", include_str!("assets/access.js")),
    ("grid.js", include_str!("assets/grid.js")),
    ("address.js", include_str!("assets/address.js")),
    ("newer.js", include_str!("assets/newer.js")),
    ("scale.js", include_str!("assets/scale.js")),
    ("draw.js", include_str!("assets/draw.js")),
    ("cursor.js", include_str!("assets/cursor.js")),
    ("save.js", include_str!("assets/save.js")),
    ("curves.js", include_str!("assets/curves.js")),
    ("items.js", include_str!("assets/items.js")),
    ("items_detail.js", include_str!("assets/items_detail.js")),
    ("items_export.js", include_str!("assets/items_export.js")),
    ("compare.js", include_str!("assets/compare.js")),
    ("matrix.js", include_str!("assets/matrix.js")),
    ("filter.js", include_str!("assets/filter.js")),
    ("tasks.js", include_str!("assets/tasks.js")),
    ("vibes.js", include_str!("assets/vibes.js")),
    ("talk.js", include_str!("assets/talk.js")),
    ("rate.js", include_str!("assets/rate.js")),
    ("ratings.js", include_str!("assets/ratings.js")),
];

/// Nothing from outside, nothing inline. `file:` stands beside `'self'` since browsers disagree on what a page from disk itself is.
const POLICY: &str = "default-src 'none'; style-src 'self' file:; script-src 'self' file:; img-src data: blob:; base-uri 'none'; form-action 'none'";

/// A report under construction.
pub(crate) struct Site {
    tera: Tera,
    folder: Folder,
    run: String,
    /// Tells it from other runs of that name.
    mark: String,
    /// When the report is made, RFC 3339, UTC: pages that were opened before tell by it that a newer one is there.
    made: String,
    /// How many reasons to look it has.
    alarms: usize,
    links: Vec<Link>,
    axis: Axis,
    notes: Notes,
}

/// An entry of the navigation, with its address as seen from the report's folder.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Link {
    pub(crate) name: &'static str,
    pub(crate) to: &'static str,
}

impl Site {
    /// Begins the report of `run` at `place`.
    pub(crate) fn begin(place: &Path, run: &Run, alarms: usize, links: Vec<Link>) -> Result<Self, Error> {
        let mut tera = Tera::new();
        tera.add_raw_templates(TEMPLATES).map_err(|error| fault("base.html", &error))?;
        let (name, made) = (run.name.clone(), run.generated.clone());
        let site = Self {
            tera,
            folder: Folder::begin(place)?,
            run: name,
            mark: run.mark().to_owned(),
            made,
            alarms,
            links,
            axis: run.tree.axis.clone(),
            notes: Notes::new(),
        };
        site.data("state", "state", &serde_json::json!({"made": site.made, "alarms": alarms}))?;
        site.file("assets/page.css", &format!("{STYLE}{PAGE_STYLE}"))?;
        for (name, script) in SCRIPTS {
            site.file(&format!("assets/{name}"), script)?;
        }
        Ok(site)
    }

    /// The same with readers' notes on its pages.
    pub(crate) fn with_notes(self, notes: Notes) -> Self {
        Self { notes, ..self }
    }

    /// Writes the page `path`, which lies at most one folder deep: what `template` makes of `page`.
    pub(crate) fn page(
        &self,
        path: &str,
        template: &'static str,
        title: &str,
        page: &impl Serialize,
    ) -> Result<(), Error> {
        let mut context = Context::new();
        context.insert("policy", POLICY);
        context.insert("root", if path.contains('/') { "../" } else { "" });
        context.insert("run", &self.run);
        context.insert("mark", &self.mark);
        context.insert("made", &self.made);
        context.insert("alarms", &self.alarms);
        context.insert("title", title);
        context.insert("links", &self.links);
        context.insert("axis", self.axis.word());
        context.insert("notes", &self.notes.get(path));
        context.insert("confidence", CONFIDENCE);
        context.insert("page", page);
        let html = self.tera.render(template, &context).map_err(|error| fault(template, &error))?;
        self.file(path, &html)
    }

    /// Writes `data/<name>.js`, which puts `value` into `Spyglass.data[key]` when a page loads it: `fetch` does not work from disk.
    pub(crate) fn data(&self, name: &str, key: &str, value: &Value) -> Result<(), Error> {
        self.file(&format!("data/{name}.js"), &format!("Spyglass.data[{}] = {};\n", Value::from(key), value))
    }

    /// Writes the files of figures: each as SVG, and its numbers.
    pub(crate) fn figures<'f>(&self, figures: impl Iterator<Item = &'f Figure>) -> Result<(), Error> {
        for figure in figures {
            self.file(&format!("plots/{}.svg", figure.slug), &figure.file())?;
            self.table(&format!("plots/{}.csv", figure.slug), &figure.csv)?;
        }
        Ok(())
    }

    /// Writes a table, with the head in the words of the run's axis.
    pub(crate) fn table(&self, path: &str, csv: &str) -> Result<(), Error> {
        let (head, rows) = csv.split_at(csv.find('\n').unwrap_or(csv.len()));
        self.file(path, &(self.axis.say(head.to_owned()) + rows))
    }

    /// Writes a file as it is.
    pub(crate) fn file(&self, path: &str, contents: &str) -> Result<(), Error> {
        self.folder.write(path, contents)
    }

    /// Puts the report in the old one's place and returns the path of its front page.
    pub(crate) fn finish(self) -> Result<PathBuf, Error> {
        self.folder.finish()
    }
}

fn fault(name: &'static str, error: &tera::Error) -> Error {
    let mut problem = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        problem = format!("{problem}: {deeper}");
        cause = deeper.source();
    }
    Error::Template { name, problem }
}
