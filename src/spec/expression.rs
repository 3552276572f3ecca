//! Parameters that are computed from others: `0.1 / optimizer.learning_rate`.
//!
//! The grammar, loosest first: sums and differences; products and quotients; a minus sign; powers, from the right; numbers,
//! paths and parentheses, and absolute values: `abs(start.w)`.

use crate::member::Domain;
use std::ops::Range;

/// A parameter's formula over other parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// As the spec has it.
    pub text: String,
    /// The parameters that it uses, each once, in order.
    pub paths: Vec<String>,
    /// In reverse Polish notation, each with its bytes of the text.
    steps: Vec<(Step, Range<usize>)>,
    /// What its values must lie in.
    pub domain: Domain,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Number(f64),
    /// One of the paths, by its place.
    Path(usize),
    Negate,
    Absolute,
    Binary(char),
}

/// What is wrong, and where in the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wrong {
    pub message: String,
    pub part: Range<usize>,
}

/// The longest text of an expression, in bytes.
const LONGEST: usize = 1000;

/// Parentheses, signs and powers within each other, at the most.
const DEEPEST: usize = 50;

impl Expression {
    pub(super) fn parse(text: &str, domain: Domain) -> Result<Expression, Wrong> {
        let expression = Expression { text: text.to_owned(), paths: Vec::new(), steps: Vec::new(), domain };
        let mut parser = Parser { text, at: 0, depth: 0, expression };
        if text.len() > LONGEST {
            return Err(parser.wrong(0..text.len(), format!("has more than {LONGEST} characters")));
        }
        parser.sum()?;
        match parser.next() {
            None => Ok(parser.expression),
            Some(found) => Err(parser.wrong(
                parser.at..parser.at + found.len_utf8(),
                format!("has a `{found}` where an operator should follow"),
            )),
        }
    }

    /// The bytes of the text that first name the path at this place among `paths`.
    pub(super) fn part_of(&self, path: usize) -> Range<usize> {
        let found = self.steps.iter().find(|(step, _)| *step == Step::Path(path));
        found.map_or(0..0, |(_, part)| part.clone())
    }

    /// Its value where the paths have these. What has no value is named as it was computed: `0.1 / 0.0 is inf`.
    pub(super) fn value(&self, values: &[f64]) -> Result<f64, Wrong> {
        let mut stack: Vec<f64> = Vec::new();
        let pop = |stack: &mut Vec<f64>| stack.pop().expect("a parsed expression should have every operand");
        for (step, part) in &self.steps {
            let value = match *step {
                Step::Number(number) => number,
                Step::Path(path) => values[path],
                Step::Negate => -pop(&mut stack),
                Step::Absolute => pop(&mut stack).abs(),
                Step::Binary(operator) => {
                    let b = pop(&mut stack);
                    let a = pop(&mut stack);
                    let value = apply(operator, a, b);
                    if !value.is_finite() {
                        let message = format!("{a:?} {operator} {b:?} is {value:?}");
                        return Err(Wrong { message, part: part.clone() });
                    }
                    value
                }
            };
            stack.push(value);
        }
        Ok(pop(&mut stack))
    }

    /// What it computes, whatever its blanks and parentheses.
    pub(super) fn meaning(&self) -> String {
        let words = self.steps.iter().map(|(step, _)| match step {
            Step::Number(number) => format!("{number:?}"),
            Step::Path(path) => self.paths[*path].clone(),
            Step::Negate => "~".to_owned(),
            Step::Absolute => "abs".to_owned(),
            Step::Binary(operator) => operator.to_string(),
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Sums, products and quotients are rounded correctly and powers are `libm`'s, so that every platform gives the same bits.
fn apply(operator: char, a: f64, b: f64) -> f64 {
    match operator {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '/' => a / b,
        _ => libm::pow(a, b),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    expression: Expression,
}

impl Parser<'_> {
    fn wrong(&self, part: Range<usize>, message: impl Into<String>) -> Wrong {
        Wrong { message: message.into(), part }
    }

    /// The next character that is no blank; it stays.
    fn next(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn push(&mut self, step: Step, part: Range<usize>) {
        self.expression.steps.push((step, part));
    }

    /// Operands with any of `operators` between them.
    fn chain(&mut self, operators: [char; 2], operand: fn(&mut Self) -> Result<(), Wrong>) -> Result<(), Wrong> {
        operand(self)?;
        while let Some(operator) = self.next().filter(|found| operators.contains(found)) {
            let part = self.at..self.at + 1;
            self.at += 1;
            operand(self)?;
            self.push(Step::Binary(operator), part);
        }
        Ok(())
    }

    fn sum(&mut self) -> Result<(), Wrong> {
        self.chain(['+', '-'], Self::product)
    }

    fn product(&mut self) -> Result<(), Wrong> {
        self.chain(['*', '/'], Self::signed)
    }

    fn signed(&mut self) -> Result<(), Wrong> {
        let is_negative = self.next() == Some('-');
        let part = self.at..self.at + 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong(part, format!("goes more than {DEEPEST} deep")));
        }
        if is_negative {
            self.at += 1;
            self.signed()?;
            self.push(Step::Negate, part);
        } else {
            self.power()?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn power(&mut self) -> Result<(), Wrong> {
        self.atom()?;
        if self.next() == Some('^') {
            let part = self.at..self.at + 1;
            self.at += 1;
            self.signed()?;
            self.push(Step::Binary('^'), part);
        }
        Ok(())
    }

    fn atom(&mut self) -> Result<(), Wrong> {
        match self.next() {
            Some('(') => self.parentheses(),
            Some(first) if first.is_ascii_digit() || first == '.' => self.number(),
            Some(first) if first.is_ascii_alphabetic() || first == '_' => {
                let part = self.take(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
                let path = &self.text[part.clone()];
                if path == "abs" && self.next() == Some('(') {
                    self.parentheses()?;
                    self.push(Step::Absolute, part);
                    return Ok(());
                }
                let paths = &mut self.expression.paths;
                let place = paths.iter().position(|known| known == path).unwrap_or_else(|| {
                    paths.push(path.to_owned());
                    paths.len() - 1
                });
                self.push(Step::Path(place), part);
                Ok(())
            }
            Some(found) => {
                let part = self.at..self.at + found.len_utf8();
                Err(self.wrong(
                    part,
                    format!("has a `{}` where a number, a path or `(` should follow", found.escape_debug()),
                ))
            }
            None => Err(self.wrong(self.at..self.at, "ends where a number, a path or `(` should follow")),
        }
    }

    fn parentheses(&mut self) -> Result<(), Wrong> {
        let part = self.at..self.at + 1;
        self.at += 1;
        self.sum()?;
        match self.next() {
            Some(')') => {}
            Some(',') => {
                return Err(self.wrong(self.at..self.at + 1, "has a `,`, but abs() and parentheses take one value"));
            }
            _ => return Err(self.wrong(part, "has a `(` that is not closed")),
        }
        self.at += 1;
        Ok(())
    }

    fn number(&mut self) -> Result<(), Wrong> {
        let mut before = ' ';
        let part = self.take(|c| {
            let is_sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E');
            before = c;
            is_sign || c.is_ascii_alphanumeric() || c == '.'
        });
        match self.text[part.clone()].parse::<f64>() {
            Ok(number) if number.is_finite() => {
                self.push(Step::Number(number), part);
                Ok(())
            }
            _ => {
                let message = format!("has `{}`, which is no number of f64", &self.text[part.clone()]);
                Err(self.wrong(part, message))
            }
        }
    }

    /// The bytes of the characters from here on that belong to what was begun.
    fn take(&mut self, mut belongs: impl FnMut(char) -> bool) -> Range<usize> {
        let start = self.at;
        let rest = &self.text[start..];
        self.at += rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        start..self.at
    }
}
