//! At which lambda the true weights are found most often, where these are known.

use super::{MOST_ROWS, OfWeights, number};
use crate::output::drawing::svg::escape;
use crate::output::percent;
use serde_json::Value;
use std::fmt::Write;

impl OfWeights<'_> {
    /// A row for each setting, as run.json tells it; nothing where no truth is known.
    pub(super) fn recovery(&self) -> String {
        let Some(all) = self.record["recovered"].as_array() else { return String::new() };
        let mut html = "<h3>The true weights</h3>\n<p class=\"hint\">Each setting at the lambda at which most trajectories find exactly the true weights: \
                        these are not zero, and all others are. Of equal shares the one with the fewest mistakes, and of these the largest lambda. \
                        False: weights that are not zero, and zero in truth, in the mean. Missed: the other way.</p>\n\
                        <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"How often the true weights are found\">\n\
                        <table class=\"groups\">\n<thead><tr><th scope=\"col\">setting</th>"
            .to_owned();
        for name in ["lambda", "recovered, % (95 % interval)", "false selections", "missed"] {
            _ = write!(html, "<th scope=\"col\" class=\"number\">{name}</th>");
        }
        html += "</tr></thead>\n<tbody>\n";
        for own in all.iter().take(MOST_ROWS) {
            _ = write!(html, "<tr><td>{}</td>", escape(own["of"].as_str().unwrap_or_default()));
            for field in
                [number(&own["lambda"]), recovered(own), number(&own["false_selections"]), number(&own["missed"])]
            {
                _ = write!(html, "<td class=\"number\">{field}</td>");
            }
            html += "</tr>\n";
        }
        html += "</tbody>\n</table>\n</div>\n";
        if all.len() > MOST_ROWS {
            _ = writeln!(html, "<p>{MOST_ROWS} of {} settings; run.json has them all.</p>", all.len());
        }
        for own in all.iter().take(MOST_ROWS) {
            if let (Some(of), Some(beyond)) = (own["of"].as_str(), own["beyond"].as_str()) {
                _ = writeln!(html, "<p><strong>Note</strong>: {}: {}.</p>", escape(of), escape(beyond));
            }
        }
        html
    }
}

/// The share that finds the true weights, with its interval where something is drawn.
fn recovered(own: &Value) -> String {
    let count = |name: &str| own[name].as_u64().unwrap_or_default();
    let share = escape(&percent(count("recovered"), count("trajectories").max(1)));
    match [&own["low"], &own["high"]].map(Value::as_f64) {
        [Some(low), Some(high)] => format!("{share} ({:.1}–{:.1})", 100.0 * low, 100.0 * high),
        _ => share,
    }
}
