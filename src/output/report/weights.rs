//! What a report says of many weights: which are zero how often, at which lambda, and how far that can be trusted.

mod comparison;
mod recovery;

use super::super::drawing::number::rounded;
use super::super::drawing::svg::escape;
use super::super::weight_cells::{CellOfWeights, Coefficient, OfWeight, WeightCells};
use super::super::words::{not_convex, one_sided};
use super::super::{Rule, grouped, percent, words};
use crate::model::Model;
use crate::plan::Plan;
use crate::statistics::Rate;
use serde_json::Value;
use std::fmt::Write;

/// Settings of all but lambda, and weights of each, that the page has tables of; coefficients.csv has all.
const MOST_SETTINGS: usize = 12;
const MOST_ROWS: usize = 100;

/// Significant digits of numbers, of losses, and of coefficients.
const DIGITS: usize = 4;
const MORE_DIGITS: usize = 5;
const FEW_DIGITS: usize = 3;

/// A sweep of many weights, as its tables and run.json tell of it.
pub struct OfWeights<'a> {
    pub cells: &'a WeightCells,
    pub plan: &'a Plan,
    /// What was run, as the captions of pictures have it.
    pub detail: String,
    /// run.json.
    pub record: &'a Value,
}

/// A cell that the table of a setting shows, and what it is.
struct Shown<'a> {
    words: String,
    cell: &'a CellOfWeights,
}

impl OfWeights<'_> {
    /// What was run, in a sentence.
    pub fn summary(&self) -> String {
        let Plan { trajectories, cells, limits, .. } = self.plan;
        let model = self.plan.model.as_ref().filter(|model| model.resample.count > 1);
        let draws = model
            .map(|model| format!(", {} {} each", grouped(model.resample.count), words::draws(model)))
            .unwrap_or_default();
        format!(
            "<p>{} trajectories of at most {} steps in {} cells{draws}: which coefficients each penalty sets to exactly zero, and how often.</p>\n\
             <p class=\"hint\">{}.</p>\n",
            grouped(trajectories),
            grouped(limits.steps),
            grouped(cells),
            escape(&self.detail)
        )
    }

    /// The weights of all settings side by side; then for each setting of all but lambda the lambdas that are chosen, and its coefficients.
    pub fn finding(&self) -> String {
        if self.plan.model.as_ref().is_some_and(|model| model.designs.is_some()) {
            return "<p>Each draw is a design with true weights of its own, so that no weight has a mean.</p>\n"
                .to_owned()
                + &self.recovery();
        }
        let settings = &self.cells.settings;
        let mut html = self.recovery() + &self.comparison();
        (0..settings.len().min(MOST_SETTINGS)).for_each(|setting| html += &self.setting(setting));
        if settings.len() > MOST_SETTINGS {
            _ = writeln!(html, "<p>{MOST_SETTINGS} of {} settings; coefficients.csv has them all.</p>", settings.len());
        }
        html
    }

    fn setting(&self, setting: usize) -> String {
        let of = &self.cells.settings[setting];
        let own: Vec<&CellOfWeights> = self.cells.cells.iter().filter(|cell| cell.setting == setting).collect();
        let at = |lambda: &Value| {
            let lambda = lambda.as_f64().map(|lambda| lambda as f32)?;
            own.iter().find(|cell| cell.lambda == Some(lambda)).copied()
        };
        let held_out = told_of(&self.record["held_out"], of);
        let stable = told_of(&self.record["stability"]["chosen"], of);
        let mut html = format!("<h3>{}</h3>\n", escape(of));
        html += &held_out.map_or_else(String::new, held_out_in_words);
        html += &stable.map_or_else(String::new, |own| stable_in_words(own, &self.record["stability"]));
        let mut shown: Vec<Shown> = Vec::new();
        let mut show = |words: &str, lambda: &Value| {
            let Some(cell) = at(lambda) else { return };
            match shown.iter_mut().find(|own| own.cell.first == cell.first) {
                Some(known) => known.words += &format!(", {words}"),
                None => shown.push(Shown { words: words.to_owned(), cell }),
            }
        };
        if let Some(own) = held_out {
            Rule::ALL.into_iter().for_each(|rule| show(rule.words(), &own[rule.name()]["lambda"]));
        }
        if let Some(own) = stable {
            show("stability", &own["lambda"]);
        }
        if shown.is_empty() {
            // Nothing chooses one.
            shown.extend(own.get(own.len() / 2).map(|cell| Shown { words: String::new(), cell }));
        }
        html + &self.table(&own, &shown, stable)
    }

    /// A row for each weight: up to which lambda it is kept, and how often it is zero, and what it is, where something was chosen.
    fn table(&self, own: &[&CellOfWeights], shown: &[Shown], selection: Option<&Value>) -> String {
        let Some(model) = &self.plan.model else { return String::new() };
        let has_path = own.len() > 1;
        let chosen = selection.filter(|own| !own["stable"].is_null());
        let mut html = "<p class=\"hint\">Zero: the share that ends at an exact zero, of all, with its 95 % interval where rows or starts are drawn. \
                        Coefficient: its mean, and from the 10 % to the 90 % quantile."
            .to_owned();
        if has_path {
            html += " Kept up to: the largest lambda at which at least half end away from zero.";
        }
        html += "</p>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table of coefficients\">\n<table class=\"groups coefficients\">\n<thead><tr>\
                 <th scope=\"col\">weight</th>";
        if chosen.is_some() {
            html += "<th scope=\"col\">stable</th>";
        }
        if has_path {
            html += "<th scope=\"col\" class=\"number\">kept up to lambda</th>";
        }
        for Shown { words, cell } in shown {
            let lambda = cell.lambda.map(|lambda| format!("at lambda\u{a0}=\u{a0}{}", rounded(lambda, DIGITS)));
            let why = Some(words).filter(|words| !words.is_empty()).map(|words| format!(" ({words})"));
            let words = lambda.unwrap_or_default() + &why.unwrap_or_default();
            _ = write!(
                html,
                "<th scope=\"col\" class=\"number\">zero, % {}</th><th scope=\"col\" class=\"number\">coefficient</th>",
                escape(&words)
            );
        }
        html += "</tr></thead>\n<tbody>\n";
        let kept = |weight: usize| {
            let is_kept =
                |cell: &&&CellOfWeights| 2 * cell.weights[weight].selected() >= cell.weights[weight].trajectories;
            own.iter().filter(is_kept).filter_map(|cell| cell.lambda).reduce(f32::max)
        };
        let mut rows: Vec<(usize, Option<f32>)> = (0..model.weights()).map(|weight| (weight, kept(weight))).collect();
        if has_path {
            // Those that are kept longest first, of equals the true ones, and what has no penalty last.
            let rank = |(weight, kept): &(usize, Option<f32>)| {
                (model.factors[*weight] > 0.0, kept.unwrap_or(-1.0), truth(model, *weight).is_some())
            };
            rows.sort_by(|a, b| rank(b).partial_cmp(&rank(a)).unwrap_or(std::cmp::Ordering::Equal));
        }
        for (weight, kept) in rows.iter().take(MOST_ROWS) {
            let name = &model.names[*weight];
            _ = write!(html, "<tr><td>{}</td>", named(model, *weight));
            if let Some(chosen) = chosen {
                let group = model.groups.names.get(*weight).filter(|group| is_of_groups(chosen) && !group.is_empty());
                let is_stable = stable(chosen).any(|own| own == group.unwrap_or(name));
                _ = write!(html, "<td>{}</td>", if is_stable { "yes" } else { "" });
            }
            if has_path {
                let kept = kept.map_or_else(|| "–".to_owned(), |lambda| rounded(lambda, DIGITS));
                _ = write!(html, "<td class=\"number\">{kept}</td>");
            }
            for Shown { cell, .. } in shown {
                let own = &cell.weights[*weight];
                _ = write!(
                    html,
                    "<td class=\"number\">{}</td><td class=\"number\">{}</td>",
                    zero(own),
                    coefficient(own)
                );
            }
            html += "</tr>\n";
        }
        html += "</tbody>\n</table>\n</div>\n";
        if rows.len() > MOST_ROWS {
            _ = writeln!(html, "<p>{MOST_ROWS} of {} weights; coefficients.csv has them all.</p>", rows.len());
        }
        html
    }

    /// How far the results can be trusted, in items of a list.
    pub fn trust(&self) -> String {
        let judged = &self.record["audit"]["coordinate_descent"];
        let number = |name: &str| judged[name].as_f64().unwrap_or(0.0);
        let count = |name: &str| judged[name].as_u64().unwrap_or(0);
        let mut html = match count("judged") {
            0 if count("undecided") > 0 => format!(
                "<li>{} trajectories were put to coordinate descent in f64, which came to no minimum from any.</li>\n",
                grouped(count("undecided"))
            ),
            0 => {
                "<li>No trajectory was judged in f64: run with <code>--audit 20</code> to have some.</li>\n".to_owned()
            }
            own => format!(
                "<li>An independent judge, coordinate descent in f64, went on from where {} random trajectories ended: in {} of them other weights are zero at the \
                 minimum that it came to (95 %: {:.1} to {:.1} %), and weights moved by up to {:.2} % of the largest.{}{}{}</li>\n",
                grouped(own),
                grouped(count("differs")),
                100.0 * number("low"),
                100.0 * number("high"),
                100.0 * number("largest_move"),
                match count("differs_not_convex") {
                    0 => String::new(),
                    own => format!(
                        " {} of these are of penalties that are not convex, where it may have come to another minimum.",
                        grouped(own)
                    ),
                },
                match count("differs") - count("differs_not_convex") {
                    0 => String::new(),
                    own => format!(
                        " <strong>{} of these ended too early for their zeros</strong>: give a smaller <code>stop.kkt</code>, or more steps.",
                        grouped(own)
                    ),
                },
                match count("undecided") {
                    0 => String::new(),
                    own => format!(" From {} more it came to no minimum, and nothing is known of these.", grouped(own)),
                }
            ),
        };
        html += &not_convex(self.plan).map_or_else(String::new, |own| format!("<li>{}.</li>\n", escape(&own)));
        let sided = self.plan.model.as_ref().and_then(|model| one_sided(model, &self.record["model"]));
        html += &sided.map_or_else(String::new, |own| format!("<li>{}.</li>\n", escape(&own)));
        let (diverged, all) = self.cells.diverged();
        html += &match diverged {
            0 => "<li>No trajectory diverged.</li>\n".to_owned(),
            _ => format!(
                "<li><strong>{} % of the trajectories diverged.</strong> They count as neither zero nor selected, and in no mean: give a smaller \
                 <code>optimizer.learning_rate</code>, or starts nearer to 0.</li>\n",
                percent(diverged, all)
            ),
        };
        html += &match self.plan.model.as_ref().and_then(|model| model.kkt) {
            None => "<li>The spec has no <code>stop.kkt</code>: nothing says that trajectories are done but their steps. cells.csv has their residuals.</li>\n".to_owned(),
            Some(kkt) => match self.cells.unsolved(kkt) {
                0 => format!(
                    "<li>All trajectories that did not diverge came to <code>stop.kkt</code> = {kkt:e}. That bounds slopes: a weight whose slope is as near to its \
                     threshold may be zero here and not at the minimum, or the other way.</li>\n"
                ),
                unsolved => format!(
                    "<li><strong>In {} of {} cells some trajectory never came to <code>stop.kkt</code> = {kkt:e}</strong> and is no solution to it: give more steps, \
                     another optimizer, or a larger kkt.</li>\n",
                    grouped(unsolved),
                    grouped(self.cells.cells.len())
                ),
            },
        };
        html += "<li>“zero” is the number 0, at the end and for good. What only decays, or is near zero by a tolerance, is never counted as zero.</li>\n<li>";
        html += &match self.plan.model.as_ref().filter(|model| model.resample.count > 1) {
            Some(model) => {
                let of_rows = if model.resample.leaves_out() {
                    " Standard errors of held-out loss are those of a mean over all rows, each left out once, however many draws there are."
                } else {
                    ""
                };
                format!("Intervals (Wilson’s) are over {}.{of_rows}", words::draws(model))
            }
            None => "Intervals (Wilson’s) are over random starts, where there are any.".to_owned(),
        };
        html + " machine.json tells on which device it ran.</li>\n"
    }

    /// The commands that lead here.
    pub fn again(&self) -> String {
        "<p>DIR is the folder of this page. A table’s path begins where the run was begun: type these there.</p>\n<pre tabindex=\"0\">zerosweep run DIR/spec.toml    # these results \
         again\nzerosweep draw DIR             # their pictures, from the tables, without a run\nzerosweep status DIR</pre>\n"
            .to_owned()
    }
}

/// What a list of run.json tells of a setting.
fn told_of<'a>(list: &'a Value, of: &str) -> Option<&'a Value> {
    list.as_array()?.iter().find(|own| own["of"] == of)
}

/// What a weight is in truth, where it is known to be another number than 0.
fn truth(model: &Model, weight: usize) -> Option<f64> {
    model.truth.as_ref().map(|truth| truth[weight]).filter(|truth| *truth != 0.0)
}

/// A weight as tables name it: `w3 (truth 1)`, `age (no penalty)`.
fn named(model: &Model, weight: usize) -> String {
    let truth = truth(model, weight).map(|truth| format!(" (truth {})", rounded(truth as f32, DIGITS)));
    let free = if model.factors[weight] == 0.0 { " (no penalty)" } else { "" };
    format!("{}{}{free}", escape(&words::weight(model, weight)), truth.unwrap_or_default())
}

fn number(value: &Value) -> String {
    value.as_f64().map_or_else(|| "–".to_owned(), |value| rounded(value as f32, DIGITS))
}

fn held_out_in_words(own: &Value) -> String {
    let words = |of: &Value| {
        let error = if of["error"].is_null() {
            "one draw, so that it has no standard error".to_owned()
        } else {
            format!("standard error {}", number(&of["error"]))
        };
        let loss = of["loss"].as_f64().map_or_else(String::new, |loss| rounded(loss as f32, MORE_DIGITS));
        let support = of["support"].as_f64().unwrap_or_default();
        (number(&of["lambda"]), format!("{loss} ({error}), with {support:.1} weights in the mean"))
    };
    let (least, within) = (words(&own["least"]), words(&own["within_an_error"]));
    let beyond = own["beyond"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let beyond: String = beyond.map(|beyond| format!("<p><strong>Note</strong>: {}.</p>\n", escape(beyond))).collect();
    format!(
        "<p>The loss of rows that were left out is least at <strong>lambda = {}</strong>: {}. The largest lambda within a standard error of that is \
         <strong>{}</strong>: {}.</p>\n{beyond}",
        least.0, least.1, within.0, within.1
    )
}

fn stable_in_words(own: &Value, stability: &Value) -> String {
    if let Some(why) = own["why_none"].as_str() {
        let (first, rest) = why.split_at(1);
        return format!("<p>Stable weights: none can be told. {}{}.</p>\n", first.to_uppercase(), escape(rest));
    }
    let names: Vec<String> = stable(own).map(escape).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let noun = if is_of_groups(own) { "groups" } else { "weights" };
    format!(
        "<p><strong>Stable {noun}</strong>, selected by at least {} of the half samples at lambda = {}: <strong>{names}</strong>. In the mean a half sample selects {} of {} \
         {noun}, a share of theta = {}. No more than {} are expected among the stable ones that half of the rows select with a probability of at most theta.</p>\n",
        number(&stability["threshold"]),
        number(&own["lambda"]),
        number(&own["selected_mean"]),
        number(&own[noun]),
        number(&own["theta"]),
        number(&own["bound"])
    )
}

/// The names of what is stable.
fn stable(own: &Value) -> impl Iterator<Item = &str> {
    own["stable"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Whether groups are stable, and not weights.
fn is_of_groups(own: &Value) -> bool {
    !own["groups"].is_null()
}

fn zero(own: &OfWeight) -> String {
    let share = escape(&percent(own.zero, own.trajectories));
    if own.draws.is_none() {
        return share;
    }
    let Rate { low, high, .. } = own.zero_rate();
    format!("{share} ({:.1}–{:.1})", 100.0 * low, 100.0 * high)
}

fn coefficient(own: &OfWeight) -> String {
    let Some(Coefficient { mean, p10, p90, .. }) = own.coefficient else { return "–".to_owned() };
    let [shown, low, high] = [mean, p10, p90].map(|own| rounded(own, FEW_DIGITS));
    if [p10, p90] == [mean; 2] { shown } else { format!("{shown} ({low} to {high})") }
}
