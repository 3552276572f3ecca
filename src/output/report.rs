//! A report: one HTML file that needs no network, with a sweep's question, its answers, how far to trust them, and how to get them
//! again. Its maps tell of each cell, and replay its trajectories by the library itself, which is built into the page.

mod weights;

use super::caption::{caption, named};
use super::drawing::svg::escape;
use super::map_table::{CellsError, MapColumn, MapTable};
use super::maps::{MapsError, Tabulated};
use super::{CHARTS, Number, WeightCells, grouped, page, percent};
use crate::estimate::MOST_REPORTED;
use crate::kernel::Kernel;
use crate::plan::{Plan, Slot, kinds};
use crate::spec::{Key, Measure};
use crate::verdict::Fate;
use base64::display::Base64Display;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use serde_json::{Value, json};
use std::fmt::Write;
use std::io;
use weights::OfWeights;

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
    /// Names and contents of pictures, in SVG, PNG or both.
    pub pictures: &'a [(String, Vec<u8>)],
    /// Where the cells of some pictures are, by the name of the picture without its ending.
    pub places: &'a [(String, Value)],
    /// The cells, where a problem has many weights.
    pub weights: Option<&'a WeightCells>,
}

impl Report<'_> {
    /// Writes the whole file; with [`Report::counts`] its maps tell of their cells.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, counts: Option<&[u8]>, out: &mut impl io::Write) -> io::Result<()> {
        let name = escape(&self.tabulated.spec.name);
        let (plan, record) = (self.tabulated.plan, self.record);
        let detail = || caption(self.tabulated.spec, plan, plan.trajectories, &[]).detail;
        let of_weights = self.weights.map(|cells| OfWeights { cells, plan, detail: detail(), record });
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{name}: report</title>\n<link rel=\"icon\" href=\"data:,\">\n\
             <style>\n{}{CSS}</style>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n{}\
             <section aria-labelledby=\"found\">\n<h2 id=\"found\">What was found</h2>\n{}",
            page::CSS,
            of_weights.as_ref().map_or_else(|| self.summary(), OfWeights::summary),
            of_weights.as_ref().map_or_else(|| self.groups(), OfWeights::finding)
        )?;
        self.figures(counts.is_some(), out)?;
        write!(
            out,
            "</section>\n{}{}<section aria-labelledby=\"asked\">\n<h2 id=\"asked\">What was asked</h2>\n\
             <p>The spec as it was run, spec.toml:</p>\n<pre tabindex=\"0\">{}</pre>\n</section>\n{}</main>\n",
            trajectory(),
            self.trust(of_weights.as_ref()),
            lines(self.text),
            self.again(of_weights.as_ref())
        )?;
        let fates = Fate::SHOWN.map(|fate| json!({ "name": fate.name(), "place": fate as usize }));
        let told = json!({ "spec": self.text, "fates": fates }).to_string().replace('<', "\\u003c");
        writeln!(out, "<script type=\"application/json\" id=\"data\">{told}</script>")?;
        // Without counts nothing calls the library.
        for (id, bytes) in counts.into_iter().flat_map(|counts| [("counts", counts), ("library", page::PACKED_LIBRARY)])
        {
            writeln!(out, "<script type=\"text/plain\" id=\"{id}\">{}</script>", base64(bytes))?;
        }
        write!(out, "<script type=\"module\">\n{}</script>\n</body>\n</html>\n", bundle())
    }

    /// How many trajectories end in each fate, by cell, as little-endian u32 packed by zlib; `None` where no map asks for them, of too
    /// many or too large cells, and of a sweep that was run in part.
    ///
    /// # Errors
    /// The table of cells cannot be read, has its lines in another order than the run, or counts that do not add up.
    pub fn counts(&self) -> Result<Option<Vec<u8>>, MapsError> {
        let Tabulated { plan, counted, open, .. } = *self.tabulated;
        let is_large = plan.sections.iter().any(|section| section.cell_size > u64::from(u32::MAX));
        let is_refined = self.tabulated.spec.report.refine.is_some();
        if self.weights.is_some()
            || self.places.is_empty()
            || is_refined
            || is_large
            || plan.cells > MOST_REPORTED
            || counted < plan.trajectories
        {
            return Ok(None);
        }
        let table = MapTable::read(plan, None, true, &[], &[Measure::Fate], open()?)?;
        check_order(plan, &table)?;
        let columns = Fate::NAMES.map(|name| table.numbers(name));
        for row in 0..table.rows() {
            let found = columns.iter().map(|column| column.get(row).unwrap_or(0)).sum();
            let trajectories = table.numbers("trajectories").get(row).unwrap_or(0);
            if found != trajectories {
                return Err(CellsError::Sum { line: row + 2, found, trajectories }.into());
            }
        }
        let counts = (0..table.rows()).flat_map(|row| columns.map(|column| column.get(row).unwrap_or(0) as u32));
        let bytes: Vec<u8> = counts.flat_map(u32::to_le_bytes).collect();
        Ok(Some(miniz_oxide::deflate::compress_to_vec_zlib(&bytes, 6)))
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
        let refined = &self.record["refined"];
        let run =
            |name: &str, all: u64| if refined.is_null() { all } else { self.record[name].as_u64().unwrap_or(all) };
        let of_grid =
            if refined.is_null() { String::new() } else { format!(", of {} of the grid", grouped(plan.cells)) };
        format!(
            "<p>{} trajectories of {} steps in {} cells{of_grid}: how often, and how, each penalty drives a weight to exactly zero.{part}</p>\n",
            grouped(run("trajectories", plan.trajectories)),
            grouped(plan.limits.steps),
            grouped(run("cells", plan.cells))
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
        let of_run = if self.record["refined"].is_null() {
            ""
        } else {
            " Of the cells that were run, close together where the map changes: these are not shares of the grid."
        };
        let mut html = format!(
            "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table of results\">\n<table class=\"groups\">\n\
             <caption>Shares of trajectories by how they end, in %; arrival is the median step at which those that end at exact \
             zero came there to stay.{of_run}</caption>\n<thead><tr>"
        );
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
    fn figures(&self, has_counts: bool, out: &mut impl io::Write) -> io::Result<()> {
        let svgs = self.pictures.iter().filter_map(|(name, svg)| Some((name.strip_suffix(".svg")?, svg)));
        let is_chart = |stem: &str| CHARTS.contains(&format!("{stem}.svg").as_str());
        let (charts, maps): (Vec<_>, Vec<_>) = svgs.partition(|(stem, _)| is_chart(stem));
        match (maps.is_empty() || self.weights.is_some(), has_counts) {
            (true, _) => {}
            (_, false) => writeln!(
                out,
                "<p>The maps are pictures alone: the sweep has too many cells for a page, or is refined, or is not done.</p>"
            )?,
            (_, true) => writeln!(
                out,
                "<p class=\"hint\" id=\"keys\">Point at a cell of a map, or choose one by the arrow keys, to see its counts; a click, or \
                 Enter, replays one of its trajectories.</p>"
            )?,
        }
        for (stem, svg) in maps.into_iter().chain(charts) {
            let text = String::from_utf8_lossy(svg);
            let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
            let title = title.map_or(stem, |(title, _)| title);
            let png = self.pictures.iter().find(|(name, _)| name.strip_suffix(".png") == Some(stem));
            // Of many cells the pixels are less than the shapes.
            let (kind, bytes) = match png {
                Some((_, png)) if png.len() < svg.len() => ("png", png),
                _ => ("svg+xml", svg),
            };
            let image =
                format_args!("<img alt=\"{title}\" src=\"data:image/{kind};base64,{}\">", base64(bytes)).to_string();
            match self.places.iter().find(|(own, _)| own == stem).filter(|_| has_counts) {
                Some((_, places)) => writeln!(
                    out,
                    "<figure class=\"told\" data-places=\"{}\">\n<div class=\"cells\" tabindex=\"0\" role=\"application\" \
                     aria-roledescription=\"map\" aria-label=\"{title}\" aria-describedby=\"keys\">{image}</div>\n\
                     <figcaption aria-live=\"polite\"></figcaption>\n</figure>",
                    escape(&places.to_string())
                )?,
                None => writeln!(out, "<figure>{image}</figure>")?,
            }
        }
        Ok(())
    }

    /// How far the results can be trusted.
    fn trust(&self, of_weights: Option<&OfWeights>) -> String {
        const BEGIN: &str = "<section aria-labelledby=\"trust\">\n<h2 id=\"trust\">How far to trust it</h2>\n<ul>\n";
        const END: &str = "</ul>\n</section>\n";
        if let Some(own) = of_weights {
            return format!("{BEGIN}{}{END}", own.trust());
        }
        let audit = &self.record["audit"];
        let count = |sample: &str, of: &str| audit[sample][of].as_u64().unwrap_or(0);
        let mut html = BEGIN.to_owned();
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
        html += &self.trust_in_refinement();
        let of_several =
            if self.record["refined"].is_null() { "a property of the grid, and has none" } else { "has none" };
        html += &format!(
            "<li>“zero” is the number 0, at the end and for good. What only decays, or is near zero by a tolerance, is never counted as \
                 zero.</li>\n<li>A 95 % interval (Wilson’s) stands where the starts of a cell are drawn. A share of several cells is {of_several}.</li>\n<li><code>zerosweep verify spec.toml</code> puts the sweep’s trajectories to the laws that \
                 mathematics gives. machine.json tells on which device it ran, and how that computes.</li>\n{END}"
        );
        html
    }

    /// What is known of the cells for which others stand.
    fn trust_in_refinement(&self) -> String {
        let (Some(refine), Some(told)) = (&self.tabulated.spec.report.refine, self.record["refined"].as_object())
        else {
            return String::new();
        };
        let count = |name: &str| grouped(told[name].as_u64().unwrap_or(0));
        let share = |name: &str| 100.0 * told[name].as_f64().unwrap_or(0.0);
        let mut html = format!(
            "<li>{} of {} cells were run, close together where <code>{}</code> changes; each stands for others around it. The edges of other \
             measures may be coarse, or missed. {} would stand for fewer if more were run.</li>\n",
            count("cells_run"),
            count("cells_of_the_grid"),
            escape(&refine.measure.name()),
            count("uncut")
        );
        if told["checked"] != 0 {
            html += &format!(
                "<li>Of {} others that were then run as a check, {} differed from what stood for them: {:.3} % (95 %: {:.3} to {:.3} %), before \
                 the last cuts. An island or a gap that is narrower than {} cells may be missed.</li>\n",
                count("checked"),
                count("differed"),
                share("wrong_rate"),
                share("wrong_rate_low"),
                share("wrong_rate_high"),
                count("first_cut")
            );
        }
        html
    }

    /// The commands that lead here.
    fn again(&self, of_weights: Option<&OfWeights>) -> String {
        let spec = self.tabulated.spec;
        let text = |name: &str| self.record[name].as_str().unwrap_or_default().to_owned();
        let hash = self.record["spec"]["hash"].as_str().unwrap_or_default();
        let of_one = || {
            let point: Vec<String> = self.first_point();
            format!(
                "<pre tabindex=\"0\">zerosweep run spec.toml         # these \
                 results, in results/{}\nzerosweep draw . --measure arrival_p50   # other pictures, without a run\nzerosweep replay spec.toml{}   # one \
                 trajectory\nzerosweep explore spec.toml     # the sweep with knobs, in a browser</pre>\n",
                escape(&spec.name),
                escape(&point.concat())
            )
        };
        format!(
            "<section aria-labelledby=\"again\">\n<h2 id=\"again\">How to get it again</h2>\n{}<p>zerosweep {}, spec {}.</p>\n</section>\n",
            of_weights.map_or_else(of_one, OfWeights::again),
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

/// Whether every row of a table is of the cell of its number: the page finds counts by that.
fn check_order(plan: &Plan, table: &MapTable) -> Result<(), CellsError> {
    let named = named(plan);
    let own = plan.sections.iter().filter(|section| section.first_place == 0);
    for section in own {
        let Kernel { problem, penalty, optimizer, .. } = section.kernel;
        let kinds = kinds(problem, penalty, named(optimizer));
        let columns = table.columns.iter().map(|column| {
            let kind = kinds.iter().find(|(role, _)| *role == column.name).map(|(_, kind)| Key::Text(kind));
            (column, kind, section.grid.slot(&column.name).filter(|slot| !slot.pooled))
        });
        let columns: Vec<_> = columns.collect();
        for cell in 0..section.cells {
            let (row, digits) = ((section.first_cell + cell) as usize, section.digits(cell * section.pool));
            let is_own = |(column, kind, slot): &(&MapColumn, Option<Key>, Option<&Slot>)| {
                let expected =
                    kind.unwrap_or_else(|| slot.map_or(Key::Absent, |slot| Key::Number(slot.value(&digits))));
                column.keys[column.codes[row] as usize] == expected
            };
            if !columns.iter().all(is_own) {
                return Err(CellsError::Order { line: row + 2 });
            }
        }
    }
    Ok(())
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

/// Bytes as a page can hold them.
fn base64(bytes: &[u8]) -> Base64Display<'_, '_, GeneralPurpose> {
    Base64Display::new(bytes, &STANDARD)
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
