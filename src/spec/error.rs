//! What is wrong with a spec: a sentence, the place it is about, and what to type next.

use super::source::{Place, Sources};

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
    help: Option<String>,
}

impl Fault {
    pub fn new(place: impl Into<Option<Place>>, message: impl Into<String>) -> Self {
        Fault { message: message.into(), place: place.into(), help: None }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn explain(self, sources: &Sources) -> SpecError {
        let mut text = self.message;
        sources.show(self.place, self.help.as_deref(), &mut text);
        SpecError(text.into())
    }
}

/// Help for a name that is none of `known`: the nearest of them, or all of them where none is near.
pub(super) fn suggest(word: &str, known: &[&str], what: &str) -> String {
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

/// The name that a slip of the fingers could have turned into `word`: one slip for every three letters.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance_to = |name: &&str| slips(&word.to_lowercase(), &name.to_lowercase());
    let best = known.iter().min_by_key(|name| distance_to(name))?;
    (distance_to(best) <= (best.len() / 3).max(1)).then_some(*best)
}

/// The least number of inserted, removed, replaced or swapped neighbouring characters that turns `a` into `b`
/// (optimal string alignment).
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > b.len() {
        return usize::MAX;
    }
    let mut older = Vec::new();
    let mut old: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut new = vec![i];
        for j in 1..=b.len() {
            let replaced = old[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(old[j] + 1).min(new[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(older[j - 2] + 1);
            }
            new.push(best);
        }
        older = std::mem::replace(&mut old, new);
    }
    old[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_counts_each_kind_of_typing_error_once() {
        assert_eq!(slips("lambda", "lambda"), 0);
        assert_eq!(slips("lamda", "lambda"), 1);
        assert_eq!(slips("lammbda", "lambda"), 1);
        assert_eq!(slips("lambba", "lambda"), 1);
        assert_eq!(slips("labmda", "lambda"), 1);
        assert_eq!(slips("abc", "xyz"), 3);
        assert_eq!(slips("", "ab"), 2);
    }

    #[test]
    fn nearest_prefers_silence_to_a_far_fetched_name() {
        assert_eq!(nearest("Lamda", &["k", "lambda"]), Some("lambda"));
        assert_eq!(nearest("strength", &["k", "lambda"]), None);
        assert_eq!(nearest("anything", &[]), None);
    }
}
