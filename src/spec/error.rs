//! What is wrong with a spec: a sentence, the place it is about, and what to type next.

use super::source::{Place, Sources};
use std::ops::Range;
use strsim::osa_distance;

/// Why no [`Spec`](super::Spec) could be read.
///
/// Its text says what is wrong and what is allowed, shows the line of the spec or the `--set` argument with a caret
/// under the offending value, and ends with a help line where there is an obvious next step.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SpecError(Box<str>);

impl SpecError {
    /// An error about a file of which there is no text to show.
    pub(super) fn without_text(message: &str, help: Option<&str>) -> Self {
        let help = help.map(|help| format!("\n   = help: {help}")).unwrap_or_default();
        SpecError(format!("{message}{help}").into())
    }
}

/// An error on its way up to where the texts are known and it becomes a [`SpecError`].
#[derive(Debug)]
pub(super) struct Fault {
    message: String,
    place: Option<Place>,
    /// What the string at the place says, and which of its bytes are wrong.
    within: Option<(String, Range<usize>)>,
    help: Option<String>,
}

impl Fault {
    pub fn new(place: impl Into<Option<Place>>, message: impl Into<String>) -> Self {
        Fault { message: message.into(), place: place.into(), within: None, help: None }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Points into the string at the place.
    pub fn within(mut self, text: &str, part: Range<usize>) -> Self {
        self.within = Some((text.to_owned(), part));
        self
    }

    pub fn explain(self, sources: &Sources) -> SpecError {
        let mut text = self.message;
        let place = match (self.place, self.within) {
            (Some(place), Some((content, part))) => Some(sources.narrow(place, &content, part)),
            (place, _) => place,
        };
        sources.show(place, self.help.as_deref(), &mut text);
        SpecError(text.into())
    }
}

/// Help for a name that is none of `known`: the nearest of them, or all of them where none is near.
pub(crate) fn suggest(word: &str, known: &[&str], what: &str) -> String {
    match nearest(word, known) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("{what}: {}", quote_all(known)),
    }
}

/// The names in backticks, with commas.
pub(super) fn quote_all(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The name that a slip of the fingers could have turned into `word`: one slip (a character that is inserted, removed,
/// replaced or swapped with its neighbour) for every three letters.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let slips = |name: &&str| {
        let allowed = (name.len() / 3).max(1);
        // The distance of two long words would take their product in time.
        let is_near = length.abs_diff(name.chars().count()) <= allowed;
        is_near.then(|| osa_distance(&word, &name.to_lowercase())).filter(|&slips| slips <= allowed)
    };
    let near = known.iter().filter_map(|name| Some((slips(name)?, *name)));
    near.min_by_key(|&(slips, _)| slips).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_slip_counts_once() {
        for word in ["tail", "tal", "taail", "tajl", "tali"] {
            assert_eq!(nearest(word, &["name", "tail"]), Some("tail"), "{word}");
        }
        for word in ["lmadba", "lambdas2", "lambdaxx"] {
            assert_eq!(nearest(word, &["lambda"]), Some("lambda"), "{word}");
        }
        for word in ["lmadbaa", "lbda2", "lambdaxxx", "tial2", "", "xxxx"] {
            assert_eq!(nearest(word, &["lambda", "tail"]), None, "{word}");
        }
    }

    #[test]
    fn a_key_of_megabytes_is_far_from_every_name_at_once() {
        assert_eq!(nearest(&"x".repeat(64 << 20), &["lambda"]), None);
    }

    #[test]
    fn nearest_prefers_silence_to_a_far_fetched_name() {
        assert_eq!(nearest("Lamda", &["k", "lambda"]), Some("lambda"));
        assert_eq!(nearest("strength", &["k", "lambda"]), None);
        assert_eq!(nearest("anything", &[]), None);
    }
}
