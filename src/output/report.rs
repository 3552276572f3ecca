//! A report: one HTML file that needs no network, with a sweep's question, its answers, how far to trust them, and how to get them
//! again. Its maps tell of each cell, and replay its trajectories by the library itself, which is built into the page.

use super::drawing::svg::escape;
use super::map_table::MapTable;
use super::maps::{MapsError, Tabulated};
use super::{CHARTS, Number, grouped, page, percent};
use crate::spec::Measure;
use crate::verdict::Fate;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fmt::Write;

/// The file's name.
pub const REPORT: &str = "report.html";

/// Cells whose counts a report holds at the most: beyond them its maps are pictures alone.
const MOST_CELLS: u64 = 100_000;

/// Rows of the table of groups at the most; run.json holds all of them.
const MOST_ROWS: usize = 100;

/// What calls the library, and what a report's page has of the explorer's.
const SCRIPTS: [&str; 3] = ["zerosweep.js", "plots.js", "course.js"];

const SCRIPT: &str = include_str!("../../explorer/report/report.js");
const CSS: &str = include_str!("../../explorer/report/report.css");

/// What a report is made of.
pub struct Report<'a> {
    pub tabulated: &'a Tabulated<'a>,
    /// The spec as run.
    pub text: &'a str,
    /// run.json.
    pub record: &'a Value,
    /// Names and contents of pictures; those that are not SVG are left out.
    pub pictures: &'a [(String, Vec<u8>)],
    /// Where the cells of some pictures are, by the name of the picture without its ending.
    pub places: &'a [(String, Value)],
}

impl Report<'_> {
    /// The whole file.
    ///
    /// # Errors
    /// The table of cells cannot be read.
    pub fn html(&self) -> Result<Vec<u8>, MapsError> {
        let Tabulated { spec, .. } = *self.tabulated;
        let counts = self.counts()?;
        let data = json!({
            "spec": self.text,
            "counts": counts,
            "fates": Fate::SHOWN.map(|fate| json!({ "name": fate.name(), "place": fate as usize })),
            "library": STANDARD.encode(page::PACKED_LIBRARY),
        });
        let name = escape(&spec.name);
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{name}: report</title>\n<link rel=\"icon\" href=\"data:,\">\n\
             <style>\n{}{CSS}</style>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n",
            page::CSS
        );
        html += &self.summary();
        html += "<section aria-labelledby=\"found\">\n<h2 id=\"found\">What was found</h2>\n";
        html += &self.groups();
        html += &self.figures(counts.is_some());
        html += "</section>\n";
        html += &trajectory();
        html += &self.trust();
        _ = write!(
            html,
            "<section aria-labelledby=\"asked\">\n<h2 id=\"asked\">What was asked</h2>\n<p>The spec as it was run, spec.toml:</p>\n\
             <pre tabindex=\"0\">{}</pre>\n</section>\n",
            lines(self.text)
        );
        html += &self.again();
        _ = write!(
            html,
            "</main>\n<script type=\"application/json\" id=\"data\">{}</script>\n<script type=\"module\">\n{}</script>\n</body>\n</html>\n",
            data.to_string().replace('<', "\\u003c"),
            bundle()
        );
        Ok(html.into_bytes())
    }

    /// How many trajectories end in each fate, by cell, as little-endian u32 packed by zlib, in base64; `None` of too many cells, or of a
    /// sweep that was run in part.
    fn counts(&self) -> Result<Option<String>, MapsError> {
        let Tabulated { plan, counted, open, .. } = *self.tabulated;
        if plan.cells > MOST_CELLS || counted < plan.trajectories {
            return Ok(None);
        }
        let table = MapTable::read(plan, true, &[], &[Measure::Fate], open()?)?;
        let columns = Fate::NAMES.map(|name| table.numbers(name));
        let counts = (0..table.rows()).flat_map(|row| columns.map(|column| column.get(row).unwrap_or(0) as u32));
        let bytes: Vec<u8> = counts.flat_map(u32::to_le_bytes).collect();
        Ok(Some(STANDARD.encode(miniz_oxide::deflate::compress_to_vec_zlib(&bytes, 6))))
    }

    /// What was run, in a sentence.
    fn summary(&self) -> String {
        let Tabulated { plan, counted, .. } = *self.tabulated;
        let part = if counted < plan.trajectories {
            format!(
                " <strong>{} % of them are done; this is what is known so far.</strong>",
                percent(counted, plan.trajectories)
            )
        } else {
            String::new()
        };
        format!(
            "<p>{} trajectories of {} steps in {} cells: how often, and how, each penalty drives a weight to exactly zero.{part}</p>\n",
            grouped(plan.trajectories),
            grouped(plan.limits.steps),
            grouped(plan.cells)
        )
    }

    /// The table of groups.
    fn groups(&self) -> String {
        let groups = self.record["groups"].as_array().map_or(&[][..], Vec::as_slice);
        let told =
            ["trajectories", "fates", "crossed", "within", "zero_rate", "draws", "commonest_fate", "reached_zero"];
        let histograms = ["first_zero", "first_crossing", "arrival"];
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in groups.iter().filter_map(Value::as_object).flatten() {
            if !told.contains(&name.as_str()) && !histograms.contains(&name.as_str()) && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        }
        let text = |value: &Value| match value {
            Value::Null => "–".to_owned(),
            Value::String(text) => escape(text),
            Value::Number(number) => {
                number.as_f64().map_or_else(String::new, |number| Number(number as f32).to_string())
            }
            other => escape(&other.to_string()),
        };
        let mut html = "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table of results\">\n<table class=\"groups\">\n\
                        <caption>Shares of trajectories by how they end, in %; arrival is the median step at which those that end at exact \
                        zero came there to stay.</caption>\n<thead><tr>"
            .to_owned();
        let fates = Fate::SHOWN.map(Fate::name);
        for name in names.iter().copied().chain(["trajectories"]).chain(fates).chain(["arrival"]) {
            _ = write!(html, "<th scope=\"col\">{}</th>", escape(name));
        }
        html += "</tr></thead>\n<tbody>\n";
        for group in groups.iter().take(MOST_ROWS) {
            html += "<tr>";
            names.iter().for_each(|name| _ = write!(html, "<td>{}</td>", text(&group[*name])));
            let trajectories = group["trajectories"].as_u64().unwrap_or(0);
            _ = write!(html, "<td class=\"number\">{}</td>", grouped(trajectories));
            for fate in fates {
                let count = group["fates"][fate].as_u64().unwrap_or(0);
                _ = write!(html, "<td class=\"number\">{}</td>", escape(&percent(count, trajectories.max(1))));
            }
            let arrival = group["arrival"]["p50"].as_u64().map_or_else(|| "–".to_owned(), grouped);
            _ = writeln!(html, "<td class=\"number\">{arrival}</td></tr>");
        }
        html += "</tbody>\n</table>\n</div>\n";
        if groups.len() > MOST_ROWS {
            _ = writeln!(html, "<p>{MOST_ROWS} of {} rows; run.json has them all.</p>", groups.len());
        }
        html
    }

    /// The maps, and then the charts.
    fn figures(&self, has_counts: bool) -> String {
        let is_chart = |name: &str| CHARTS.contains(&name);
        let svgs =
            self.pictures.iter().filter_map(|(name, contents)| Some((name, name.strip_suffix(".svg")?, contents)));
        let (charts, maps): (Vec<_>, Vec<_>) = svgs.partition(|(name, ..)| is_chart(name));
        let mut html = String::new();
        if !has_counts && !maps.is_empty() {
            html += "<p>The maps are pictures alone: the sweep has too many cells for a page, or is not done.</p>\n";
        }
        if has_counts && !maps.is_empty() {
            html += "<p class=\"hint\" id=\"keys\">Point at a cell of a map, or choose one by the arrow keys, to see its counts; a click, or Enter, \
                     replays one of its trajectories.</p>\n";
        }
        for (number, (_, stem, contents)) in maps.into_iter().chain(charts).enumerate() {
            let svg = String::from_utf8_lossy(contents);
            let title = svg
                .split_once("<title>")
                .and_then(|(_, rest)| rest.split_once("</title>"))
                .map_or(stem, |(title, _)| title);
            let image =
                format!("<img alt=\"{title}\" src=\"data:image/svg+xml;base64,{}\">", STANDARD.encode(contents));
            let places = self.places.iter().find(|(own, _)| own == stem).filter(|_| has_counts);
            html += &match places {
                Some((_, places)) => format!(
                    "<figure class=\"told\" data-places=\"{}\">\n<div class=\"cells\" tabindex=\"0\" role=\"application\" \
                     aria-roledescription=\"map\" aria-label=\"{title}\" aria-describedby=\"keys\">{image}</div>\n\
                     <figcaption id=\"told-{number}\" aria-live=\"polite\"></figcaption>\n</figure>\n",
                    escape(&places.to_string())
                ),
                None => format!("<figure>{image}</figure>\n"),
            };
        }
        html
    }

    /// How far the results can be trusted.
    fn trust(&self) -> String {
        let audit = &self.record["audit"];
        let count = |sample: &str, of: &str| audit[sample][of].as_u64().unwrap_or(0);
        let mut html =
            "<section aria-labelledby=\"trust\">\n<h2 id=\"trust\">How far to trust it</h2>\n<ul>\n".to_owned();
        html += &match count("random", "replayed") {
            0 => "<li>No trajectory was replayed in f64: run with <code>--audit 20</code> to have some.</li>\n"
                .to_owned(),
            replayed => {
                let end = |name: &str| 100.0 * audit["random"][name].as_f64().unwrap_or(0.0);
                format!(
                    "<li>An independent driver in f64 replayed {} trajectories that were drawn at random: {} of them end otherwise than in f32 \
                     (95 %: {:.1} to {:.1} %), {} of these about zero. Of {} that are near a boundary between fates, {} end otherwise.</li>\n",
                    grouped(replayed),
                    grouped(count("random", "differs")),
                    end("low"),
                    end("high"),
                    grouped(count("random", "about_zero")),
                    grouped(count("boundary", "replayed")),
                    grouped(count("boundary", "differs"))
                )
            }
        };
        html += "<li>“zero” is the number 0, at the end and for good. What only decays, or is near zero by a tolerance, is never counted as \
                 zero.</li>\n<li>A 95 % interval (Wilson’s) stands where the starts of a cell are drawn. A share of several cells is a property of \
                 the grid, and has none.</li>\n<li><code>zerosweep verify spec.toml</code> puts the sweep’s trajectories to the laws that \
                 mathematics gives. machine.json tells on which device it ran, and how that computes.</li>\n</ul>\n</section>\n";
        html
    }

    /// The commands that lead here.
    fn again(&self) -> String {
        let spec = self.tabulated.spec;
        let text = |name: &str| self.record[name].as_str().unwrap_or_default().to_owned();
        let hash = self.record["spec"]["hash"].as_str().unwrap_or_default();
        let point: Vec<String> = self.first_point();
        format!(
            "<section aria-labelledby=\"again\">\n<h2 id=\"again\">How to get it again</h2>\n<pre tabindex=\"0\">zerosweep run spec.toml         # these \
             results, in results/{}\nzerosweep draw . --measure arrival_p50   # other pictures, without a run\nzerosweep replay spec.toml{}   # one \
             trajectory\nzerosweep explore spec.toml     # the sweep with knobs, in a browser</pre>\n<p>zerosweep {}, spec {}.</p>\n</section>\n",
            escape(&spec.name),
            escape(&point.concat()),
            escape(&text("zerosweep")),
            escape(hash)
        )
    }

    /// The options that name the first trajectory.
    fn first_point(&self) -> Vec<String> {
        let plan = self.tabulated.plan;
        let cell = plan.cell(0);
        let named = plan.coordinates.iter().zip(cell.coordinates).filter(|(coordinate, _)| !coordinate.follows);
        named.filter_map(|(coordinate, value)| Some(format!(" --at {}={}", coordinate.path, Number(value?)))).collect()
    }
}

/// Where a page draws the trajectory that was chosen.
fn trajectory() -> String {
    let plot = |id: &str| format!("<figure><svg id=\"{id}\" role=\"img\" aria-label=\"nothing yet\"></svg></figure>\n");
    let small: String = ["value", "slope", "prox"].map(plot).concat();
    format!(
        "<section id=\"replay\" aria-labelledby=\"replay-title\" hidden>\n<h2 id=\"replay-title\" tabindex=\"-1\">A trajectory</h2>\n<p><button \
         type=\"button\" id=\"before\">Start before</button> <button type=\"button\" id=\"after\">Next start</button> <span id=\"which\" \
         role=\"status\"></span></p>\n<p id=\"fate\" role=\"status\"></p>\n<div class=\"two\">\n{}{}</div>\n<div class=\"three\">\n{small}</div>\n</section>\n",
        plot("course"),
        plot("landscape")
    )
}

/// The scripts as one: each calls the others by the names that they have.
fn bundle() -> String {
    let text = |name: &str| page::SCRIPTS.iter().find(|(own, _)| *own == name).map_or("", |(_, text)| *text);
    let mut all = String::new();
    for script in SCRIPTS.into_iter().map(text).chain([SCRIPT]) {
        let lines = script.lines().filter(|line| !line.starts_with("import ") && !line.starts_with("export {"));
        lines.for_each(|line| _ = writeln!(all, "{}", line.strip_prefix("export ").unwrap_or(line)));
    }
    all.replace("</script", "<\\/script")
}

/// `escape` keeps no line apart.
fn lines(text: &str) -> String {
    text.lines().map(|line| escape(line) + "\n").collect()
}
