//! The weights of all settings side by side, each at the lambdas that the loss of rows left out chooses.

use super::{FEW_DIGITS, MORE_DIGITS, MOST_ROWS, MOST_SETTINGS, OfWeights, number, told_of};
use crate::output::drawing::number::rounded;
use crate::output::drawing::svg::escape;
use crate::output::weight_cells::{CellOfWeights, OfWeight};
use crate::output::{Rule, percent, words};
use serde_json::Value;
use std::fmt::Write;

/// A setting with what run.json tells of its chosen lambdas.
struct Setting<'a> {
    of: &'a str,
    columns: Vec<Column<'a>>,
}

/// A chosen lambda.
struct Column<'a> {
    /// By which rules.
    rules: String,
    told: &'a Value,
    cell: &'a CellOfWeights,
}

impl OfWeights<'_> {
    /// A row for each weight that some draw keeps, and a column for each chosen lambda; nothing of fewer than two settings.
    pub(super) fn comparison(&self) -> String {
        let mut settings: Vec<Setting> = self.cells.settings.iter().filter_map(|of| self.chosen(of)).collect();
        let (count, Some(model)) = (settings.len(), &self.plan.model) else { return String::new() };
        if count < 2 {
            return String::new();
        }
        best(&mut settings);
        let columns: Vec<&Column> = settings.iter().flat_map(|setting| &setting.columns).collect();
        let own = |weight: usize| columns.iter().map(move |column| &column.cell.weights[weight]);
        let mut rows: Vec<usize> =
            (0..model.weights()).filter(|weight| !own(*weight).all(OfWeight::is_always_zero)).collect();
        let zero = model.weights() - rows.len();
        // Those that most draws keep first, and what has no penalty last.
        let kept = |weight: usize| -> f64 {
            own(weight).map(|own| own.selected() as f64 / own.trajectories.max(1) as f64).sum()
        };
        let is_free = |weight: usize| model.factors[weight] == 0.0;
        rows.sort_by(|a, b| is_free(*a).cmp(&is_free(*b)).then(kept(*b).total_cmp(&kept(*a))));
        let mut html = head(&settings, &columns);
        for weight in rows.iter().take(MOST_ROWS) {
            let free = if is_free(*weight) { " (no penalty)" } else { "" };
            _ = write!(html, "<tr><th scope=\"row\">{}{free}</th>", escape(&words::weight(model, *weight)));
            own(*weight).for_each(|own| _ = write!(html, "<td class=\"number\">{}</td>", field(own)));
            html += "</tr>\n";
        }
        html += "</tbody>\n</table>\n</div>\n";
        if rows.len() > MOST_ROWS {
            _ = writeln!(
                html,
                "<p>{MOST_ROWS} of {} weights that some draw keeps; chosen.csv has them all.</p>",
                rows.len()
            );
        }
        let one = if zero == 1 { "weight is" } else { "weights are" };
        let first = match zero {
            0 => String::new(),
            _ if rows.is_empty() => format!("<p>All {zero} {one} zero in every draw at each of these lambdas.</p>\n"),
            _ => format!("<p>{zero} {one} zero in every draw at each of these lambdas, and not listed.</p>\n"),
        };
        html += &first;
        if count > settings.len() {
            _ = writeln!(
                html,
                "<p>{} of {count} settings, those of the least loss; chosen.csv has them all.</p>",
                settings.len()
            );
        }
        html
    }

    /// What is chosen of a setting; a lambda that both rules choose is one column.
    fn chosen<'a>(&'a self, of: &'a str) -> Option<Setting<'a>> {
        let own = told_of(&self.record["held_out"], of)?;
        let mut columns: Vec<Column> = Vec::new();
        for rule in Rule::ALL {
            let told = &own[rule.name()];
            let place = self.cells.place(of, told["lambda"].as_f64()? as f32)?;
            let cell = &self.cells.cells[place];
            match columns.iter_mut().find(|own| own.cell.first == cell.first) {
                Some(known) => known.rules += &format!(", {}", rule.words()),
                None => columns.push(Column { rules: rule.words().to_owned(), told, cell }),
            }
        }
        Some(Setting { of, columns })
    }
}

/// Keeps as many as a page has room for, those of the least loss, in their order.
fn best(settings: &mut Vec<Setting>) {
    let loss = |setting: &Setting| setting.columns[0].told["loss"].as_f64().unwrap_or(f64::INFINITY);
    let mut losses: Vec<f64> = settings.iter().map(loss).collect();
    losses.sort_by(f64::total_cmp);
    if let Some(beyond) = losses.get(MOST_SETTINGS).copied() {
        settings.retain(|setting| loss(setting) < beyond);
    }
}

/// What stands above the rows: what each column is of.
fn head(settings: &[Setting], columns: &[&Column]) -> String {
    let mut html = "<h3>Side by side</h3>\n<p class=\"hint\">Each setting at the lambdas that the loss of rows left out chooses: the mean of a \
                    coefficient over the draws and, where there are some, the share of the draws in which it is exactly zero. Empty: zero in every \
                    draw. chosen.csv has intervals and quantiles.</p>\n\
                    <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Coefficients of all settings\">\n\
                    <table class=\"groups coefficients\">\n<thead>\n<tr><th scope=\"row\">setting</th>"
        .to_owned();
    for Setting { of, columns } in settings {
        _ = write!(html, "<th scope=\"colgroup\" class=\"number\" colspan=\"{}\">{}</th>", columns.len(), escape(of));
    }
    html += "</tr>\n";
    let mut row = |name: &str, told: &dyn Fn(&Column) -> String| {
        _ = write!(html, "<tr><th scope=\"row\">{name}</th>");
        columns.iter().for_each(|own| _ = write!(html, "<th scope=\"col\" class=\"number\">{}</th>", told(own)));
        html += "</tr>\n";
    };
    row("chosen by", &|own| own.rules.clone());
    row("lambda", &|own| {
        let edge = own.told["edge"].as_str().map_or_else(String::new, |edge| format!(" (the {})", escape(edge)));
        number(&own.told["lambda"]) + &edge
    });
    row("held-out loss (standard error)", &|Column { told, .. }| {
        let loss = told["loss"].as_f64().map_or_else(String::new, |loss| rounded(loss as f32, MORE_DIGITS));
        format!("{loss} ({})", number(&told["error"]))
    });
    row("weights kept, in the mean", &|own| format!("{:.1}", own.told["support"].as_f64().unwrap_or_default()));
    html + "</thead>\n<tbody>\n"
}

/// The mean of a weight, and how often it is zero; nothing where it always is.
fn field(own: &OfWeight) -> String {
    if own.is_always_zero() {
        return String::new();
    }
    let mean = own.coefficient.map_or_else(|| "–".to_owned(), |own| rounded(own.mean, FEW_DIGITS));
    match own.zero {
        0 => mean,
        zero => format!("{mean}<small>zero in {} %</small>", escape(&percent(zero, own.trajectories))),
    }
}
