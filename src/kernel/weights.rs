//! The WGSL module of many weights.

use super::Kernel;
use crate::direction::{Direction, LOOKAHEAD, RESTARTED};
use crate::optimizer::PenaltyStep;

/// The most weights that one invocation has in its registers: six numbers of each, and it has some 250.
const MOST_ALONE: usize = 32;

/// Invocations of a workgroup, which have a trajectory together where it has more weights.
pub const TEAM: usize = 64;

/// How trajectories of many weights lie on a device: `shaders/weights/driver.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Teams {
    pub weights: usize,
    /// Rows that a draw has at the most; `None` where slopes come from the Gram matrix.
    pub rows: Option<usize>,
    /// Groups of weights, those of one weight, too; 0 where a spec names none.
    pub groups: usize,
}

impl Teams {
    /// Words of a trajectory: steps, what the last one did, draw and bound; then its parameters.
    pub const HEAD: usize = 6;

    /// The first words of a head, which say how a trajectory stands.
    pub const STAND: usize = 4;

    /// Words of a weight of a trajectory.
    pub const WORDS: usize = 13;

    /// Words of a weight that the host wants.
    pub const LEFT: usize = 9;

    /// Whether an invocation has a trajectory to itself.
    pub fn is_alone(self) -> bool {
        self.weights <= MOST_ALONE
    }

    /// Invocations that have a trajectory together.
    pub fn team(self) -> usize {
        if self.is_alone() { 1 } else { TEAM }
    }

    /// Weights, and those that make the shares of a team alike.
    pub fn padded(self) -> usize {
        self.weights.next_multiple_of(self.team())
    }

    /// Rows of a draw, with those that make the shares of a team alike.
    pub fn padded_rows(self) -> usize {
        self.rows.unwrap_or(0).next_multiple_of(self.team())
    }

    /// Numbers that stand before the draws: the factor of each weight; of groups, what lambda is multiplied by, where each begins, and
    /// all their weights.
    pub fn header_words(self) -> usize {
        self.padded() + if self.groups > 0 { 2 * self.groups + 1 + self.weights } else { 0 }
    }

    /// Numbers of a draw.
    pub fn draw_words(self) -> usize {
        let (weights, padded, rows) = (self.weights, self.padded(), self.padded_rows());
        1 + match self.rows {
            None => padded + weights * padded,
            Some(_) => 2 * rows + rows * padded + weights * rows,
        }
    }

    /// Words that the host and a trajectory of a kernel with so many values tell each other at the most: its draw, its bound, its values and its
    /// starts one way, and the other way what each weight leaves.
    pub fn message_words(self, values: usize) -> usize {
        (2 + values + self.weights).max(self.weights * Teams::LEFT)
    }

    /// Iterations of loops that an invocation takes in a step.
    pub fn iterations(self) -> usize {
        let rows = self.padded_rows();
        let of_groups = if self.groups > 0 { self.groups + 3 * self.weights } else { 0 };
        of_groups
            + match (self.is_alone(), self.rows) {
                (true, None) => 1,
                (true, Some(_)) => 1 + rows * 2,
                (false, None) => 1 + TEAM + self.weights,
                (false, Some(_)) => 1 + TEAM + rows / TEAM * (1 + TEAM + self.weights),
            }
    }

    fn constants(self, restarts: bool, moves_factors: bool) -> String {
        format!(
            "const WEIGHTS: u32 = {};\nconst ROWS: u32 = {};\nconst IS_GRAM: bool = {};\nconst DRAW_WORDS: u32 = {};\nconst HEADER: u32 = {};\nconst GROUPS: u32 = {};\nconst RESTARTS: bool = {restarts};\nconst MOVES_FACTORS: bool = {moves_factors};\n",
            self.weights,
            self.padded_rows(),
            self.rows.is_none(),
            self.draw_words(),
            self.header_words(),
            self.groups,
        )
    }
}

impl Kernel {
    /// The direction that each of many weights takes, and whether momentum begins anew for all of them together where the steps go against it.
    pub fn direction_of_weights(self) -> (&'static Direction, bool) {
        let own = self.optimizer.rule.direction;
        let restarts = std::ptr::eq(own, &RESTARTED);
        (if restarts { &LOOKAHEAD } else { own }, restarts)
    }

    /// Whether the penalty step is what moves a weight, by its factors.
    pub fn moves_factors(self) -> bool {
        self.optimizer.penalty_step == PenaltyStep::InFactors
    }

    /// The whole WGSL module for many weights.
    pub fn wgsl_of_weights(self, teams: Teams) -> String {
        let (direction, restarts) = self.direction_of_weights();
        let team = if teams.is_alone() {
            include_str!("../../shaders/weights/alone.wgsl")
        } else {
            include_str!("../../shaders/weights/together.wgsl")
        };
        let groups = match self.penalty.over_groups {
            Some(_) => include_str!("../../shaders/weights/grouped.wgsl"),
            None => include_str!("../../shaders/weights/ungrouped.wgsl"),
        };
        let mut counts = vec![("OWN", teams.padded() / teams.team()), ("SLOTS", self.parameters().count() + 1)];
        counts.extend(teams.is_alone().then_some(("WEIGHTS", teams.weights)));
        let driver = unrolled(include_str!("../../shaders/weights/driver.wgsl"), &counts);
        self.module(direction, &[&teams.constants(restarts, self.moves_factors()), &driver, team, groups])
    }
}

/// `text` with the loops written out that are marked so, and that end before one of `counts`.
fn unrolled(text: &str, counts: &[(&str, usize)]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut written = String::new();
    let mut place = 0;
    while place < lines.len() {
        let line = lines[place];
        place += 1;
        let Some((variable, count)) = marked(line, counts) else {
            written.push_str(line);
            written.push('\n');
            continue;
        };
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = format!("{indent}}}");
        let len = lines[place..].iter().position(|line| *line == end).expect("a loop should have an end");
        let body = unrolled(&lines[place..place + len].join("\n"), counts);
        place += len + 1;
        for number in 0..count {
            written.push_str(&format!("{indent}{{\n{}{end}\n", with_number(&body, variable, number)));
        }
    }
    written
}

/// The variable of a loop that is marked as one to be unrolled, and how often it runs.
fn marked<'a>(line: &'a str, counts: &[(&str, usize)]) -> Option<(&'a str, usize)> {
    let head = line.trim_start().strip_prefix("for (var ")?.strip_suffix("++) { // unrolled")?;
    let (variable, rest) = head.split_once(" = 0u; ")?;
    let bound = rest.split_once(" < ")?.1.split_once(';')?.0;
    counts.iter().find(|(name, _)| *name == bound).map(|(_, count)| (variable, *count))
}

/// `text` with a number for each place where a variable stands alone.
fn with_number(text: &str, variable: &str, number: usize) -> String {
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let (mut written, mut rest) = (String::new(), text);
    while let Some(place) = rest.find(variable) {
        let (before, after) = (&rest[..place], &rest[place + variable.len()..]);
        let is_alone =
            !before.ends_with(|letter| is_of_word(letter) || letter == '.') && !after.starts_with(is_of_word);
        written.push_str(before);
        if is_alone {
            written.push_str(&format!("{number}u"));
        } else {
            written.push_str(variable);
        }
        rest = after;
    }
    written + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_loops_are_written_out() {
        let text = "a\nfor (var i = 0u; i < OWN; i++) { // unrolled\n    w[i] += in_i(i, wi);\n}\nfor (var j = 0u; j < ALL; j++) { // unrolled\n}\n";
        let expected = "a\n{\n    w[0u] += in_i(0u, wi);\n}\n{\n    w[1u] += in_i(1u, wi);\n}\nfor (var j = 0u; j < ALL; j++) { // unrolled\n}\n";
        assert_eq!(unrolled(text, &[("OWN", 2)]), expected);
        let nested = "for (var i = 0u; i < OWN; i++) { // unrolled\n    for (var j = 0u; j < OWN; j++) { // unrolled\n        m[i][j];\n    }\n}\n";
        let expected = "{\n    {\n        m[0u][0u];\n    }\n    {\n        m[0u][1u];\n    }\n}\n{\n    {\n        m[1u][0u];\n    }\n    {\n        m[1u][1u];\n    }\n}\n";
        assert_eq!(unrolled(nested, &[("OWN", 2)]), expected);
    }
}
