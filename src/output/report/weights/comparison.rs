//! The weights of all settings side by side, each at the lambdas that the loss of rows left out chooses, or at its only one.

use super::{DIGITS, FEW_DIGITS, MORE_DIGITS, MOST_ROWS, MOST_SETTINGS, OfWeights, named, told_of, truth};
use crate::output::drawing::number::rounded;
use crate::output::drawing::svg::escape;
use crate::output::weight_cells::{CellOfWeights, OfWeight, WeightCells};
use crate::output::{CHOSEN, COEFFICIENTS, Rule, percent, words};
use std::fmt::Write;

/// A setting with the lambdas that are shown of it.
struct Setting<'a> {
    of: &'a str,
    columns: Vec<Column<'a>>,
}

/// A lambda.
struct Column<'a> {
    /// By which rules it is chosen; empty of an only one.
    rules: String,
    /// The end of all lambdas at which it is.
    edge: Option<&'a str>,
    cell: &'a CellOfWeights,
}

impl OfWeights<'_> {
    /// A row for each weight that some draw keeps, or that is a true one, and a column for each lambda that is shown; nothing of fewer than two settings.
    pub(super) fn comparison(&self) -> String {
        let WeightCells { settings, cells } = self.cells;
        // Where no setting has several lambdas, none is chosen.
        let has_one_each = cells.len() == settings.len();
        let mut settings: Vec<Setting> = match has_one_each {
            true => cells.iter().map(|cell| Setting::alone(&settings[cell.setting], cell)).collect(),
            false => settings.iter().filter_map(|of| self.chosen(of)).collect(),
        };
        let (count, Some(model)) = (settings.len(), &self.plan.model) else { return String::new() };
        if count < 2 {
            return String::new();
        }
        best(&mut settings);
        let (all, noun) = (if has_one_each { COEFFICIENTS } else { CHOSEN }, words::noun(self.plan));
        let one = one_of(noun);
        let columns: Vec<&Column> = settings.iter().flat_map(|setting| &setting.columns).collect();
        let own = |weight: usize| columns.iter().map(move |column| &column.cell.weights[weight]);
        let is_listed = |weight: &usize| truth(model, *weight).is_some() || !own(*weight).all(OfWeight::is_always_zero);
        let mut rows: Vec<usize> = (0..model.weights()).filter(is_listed).collect();
        let zero = model.weights() - rows.len();
        // Those that most draws keep first, and what has no penalty last.
        let kept = |weight: usize| -> f64 {
            own(weight).map(|own| own.selected() as f64 / own.trajectories.max(1) as f64).sum()
        };
        let is_free = |weight: usize| model.factors[weight] == 0.0;
        rows.sort_by(|a, b| is_free(*a).cmp(&is_free(*b)).then(kept(*b).total_cmp(&kept(*a))));
        let mut html = head(&settings, &columns, noun, all);
        for weight in rows.iter().take(MOST_ROWS) {
            _ = write!(html, "<tr><th scope=\"row\">{}</th>", named(model, *weight));
            own(*weight).for_each(|own| _ = write!(html, "<td class=\"number\">{}</td>", field(own)));
            html += "</tr>\n";
        }
        html += "</tbody>\n</table>\n</div>\n";
        if rows.len() > MOST_ROWS {
            _ = writeln!(
                html,
                "<p>{MOST_ROWS} of {} weights that some {one} keeps; {all} has them all.</p>",
                rows.len()
            );
        }
        let are = if zero == 1 { "weight is" } else { "weights are" };
        let first = match zero {
            0 => String::new(),
            _ if rows.is_empty() => format!("<p>All {zero} {are} zero in every {one} at each of these lambdas.</p>\n"),
            _ => format!("<p>{zero} {are} zero in every {one} at each of these lambdas, and not listed.</p>\n"),
        };
        html += &first;
        if count > settings.len() {
            _ = writeln!(
                html,
                "<p>{} of {count} settings{}; {all} has them all.</p>",
                settings.len(),
                if has_one_each { "" } else { ", those of the least loss" }
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
            let (cell, edge) = (&self.cells.cells[place], told["edge"].as_str());
            match columns.iter_mut().find(|own| own.cell.first == cell.first) {
                Some(known) => known.rules += &format!(", {}", rule.words()),
                None => columns.push(Column { rules: rule.words().to_owned(), edge, cell }),
            }
        }
        Some(Setting { of, columns })
    }
}

impl<'a> Setting<'a> {
    /// One of a single lambda, or none.
    fn alone(of: &'a str, cell: &'a CellOfWeights) -> Setting<'a> {
        Setting { of, columns: vec![Column { rules: String::new(), edge: None, cell }] }
    }
}

/// Keeps as many as a page has room for, those of the least loss, in their order; without a loss the first.
fn best(settings: &mut Vec<Setting>) {
    let loss = |setting: &Setting| setting.columns[0].cell.whole.held_out.map_or(f32::INFINITY, |(loss, _)| loss);
    let mut places: Vec<usize> = (0..settings.len()).collect();
    places.sort_by(|a, b| loss(&settings[*a]).total_cmp(&loss(&settings[*b])));
    places.truncate(MOST_SETTINGS);
    let mut place = 0..;
    settings.retain(|_| place.next().is_some_and(|place| places.contains(&place)));
}

/// One of what trajectories are called ([`words::noun`]).
fn one_of(noun: &str) -> &'static str {
    match noun {
        "draws" => "draw",
        "starts" => "start",
        _ => "trajectory",
    }
}

/// What stands above the rows: what each column is of. `noun` is what trajectories are called, and the table `all` has more.
fn head(settings: &[Setting], columns: &[&Column], noun: &str, all: &str) -> String {
    let is_chosen = columns.iter().any(|own| !own.rules.is_empty());
    let at = if is_chosen { "at the lambdas that the loss of rows left out chooses" } else { "at its lambda" };
    let mut html = format!(
        "<h3>Side by side</h3>\n<p class=\"hint\">Each setting {at}: the mean of a coefficient over the {noun} and, where there are some, the share \
         of the {noun} in which it is exactly zero. Empty: zero in every {}. {all} has intervals and quantiles.</p>\n\
         <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Coefficients of all settings\">\n\
         <table class=\"groups coefficients\">\n<thead>\n<tr><th scope=\"row\">setting</th>",
        one_of(noun)
    );
    for Setting { of, columns } in settings {
        _ = write!(html, "<th scope=\"colgroup\" class=\"number\" colspan=\"{}\">{}</th>", columns.len(), escape(of));
    }
    html += "</tr>\n";
    let mut row = |name: &str, told: &dyn Fn(&Column) -> String| {
        _ = write!(html, "<tr><th scope=\"row\">{name}</th>");
        columns.iter().for_each(|own| _ = write!(html, "<th scope=\"col\" class=\"number\">{}</th>", told(own)));
        html += "</tr>\n";
    };
    let shown = |number: Option<f32>, digits| number.map_or_else(|| "–".to_owned(), |own| rounded(own, digits));
    if is_chosen {
        row("chosen by", &|own| own.rules.clone());
    }
    row("lambda", &|own| {
        let edge = own.edge.map_or_else(String::new, |edge| format!(" (the {})", escape(edge)));
        shown(own.cell.lambda, DIGITS) + &edge
    });
    if columns.iter().any(|own| own.cell.whole.held_out.is_some()) {
        row("held-out loss (standard error)", &|own| match own.cell.whole.held_out {
            None => "–".to_owned(),
            Some((loss, error)) => format!("{} ({})", rounded(loss, MORE_DIGITS), shown(error, DIGITS)),
        });
    }
    row("weights kept, in the mean", &|own| {
        own.cell.whole.support.map_or_else(|| "–".to_owned(), |support| format!("{support:.1}"))
    });
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
