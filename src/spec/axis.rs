//! The grammar of a numeric parameter: a number, a list, a table that generates one, or an expression.

use super::document::{Entry, Node, Value, show_float};
use super::error::{Fault, quote_all};
use super::expression::{Expression, Wrong};
use super::fields::{Fields, list, wrong_value};
use super::points::{self, Points};
use super::source::Place;
use super::together::{Draws, read_count};
use super::{AUTOMATIC_RATE, Axis, MAX_AXIS_VALUES, PathOf, Spacing};
use crate::member::Domain;

/// The values that all axes of a spec may hold together: 256 MiB of f32.
pub(super) const MOST_VALUES: u64 = 1 << 26;

/// The key of a path that says whether each draw of rows has its own.
pub(super) const PER_DRAW: &str = "per_draw";

/// An axis and what gave it; a parameter left at its default was given by nothing.
#[derive(Clone)]
pub(super) struct Setting<'a> {
    pub axis: Axis,
    pub node: Option<&'a Node>,
}

impl<'a> Setting<'a> {
    /// A parameter at its default.
    pub fn by_default(path: String, value: f64) -> Self {
        Setting { axis: Axis { path, values: vec![value as f32], spacing: Spacing::Fixed }, node: None }
    }

    /// Where the `index`-th value was given.
    pub fn place(&self, index: usize) -> Option<Place> {
        let node = self.node?;
        match &node.value {
            Value::List(items) => items.get(index).map(|item| item.place),
            _ => Some(node.place),
        }
    }
}

/// Reads axes; one reader a spec, which bounds the memory that all of them take.
pub(super) struct AxisReader {
    left: u64,
    /// How all random axes are drawn, where that is together.
    sample: Option<Draws>,
    /// The parameters that take their points from one Sobol sequence, in the order of its dimensions.
    sobol: Vec<String>,
    /// Whether the problem is of many weights, where a table says what lambda and the learning rate may be.
    pub of_model: bool,
}

impl AxisReader {
    pub fn new(sample: Option<Draws>) -> Self {
        AxisReader { left: MOST_VALUES, sample, sobol: Vec::new(), of_model: false }
    }

    /// The axis that `node` gives for the parameter `path`.
    pub fn read<'a>(&mut self, node: &'a Node, path: String, domain: Domain) -> Result<Setting<'a>, Fault> {
        let (values, spacing) = match &node.value {
            Value::Integer(_) | Value::Float(_) | Value::Beyond(_) => {
                (vec![self.number(node, &path, domain)?], Spacing::Fixed)
            }
            Value::List(items) => (self.list(node, items, &path, domain)?, Spacing::List),
            Value::Table(_) => self.generated(node, &path, domain)?,
            Value::Text(text) => (Vec::new(), Spacing::Derived(read_expression(node, text, &path, domain)?)),
            _ => {
                return Err(wrong_value(node, &format!("`{path}`"), "a number, a list, a table or an expression")
                    .help("a table generates numbers, for example { linspace = [0.0, 1.0, 11] }"));
            }
        };
        let axis = Axis { path, values, spacing };
        Ok(Setting { axis, node: Some(node) })
    }

    /// What a parameter is where neither the spec nor its row says so: the learning rate of many weights follows from their table.
    pub fn default_of(&self, path: &str) -> Option<f64> {
        (self.of_model && path == "optimizer.learning_rate").then_some(f64::from(AUTOMATIC_RATE))
    }

    /// Takes `count` values of what all axes may hold together.
    pub fn take(&mut self, count: u64) -> bool {
        self.left.checked_sub(count).map(|left| self.left = left).is_some()
    }

    fn number(&mut self, node: &Node, path: &str, domain: Domain) -> Result<f32, Fault> {
        self.reserve(1, node, path)?;
        let Some(value) = node.number() else {
            return Err(wrong_value(node, &format!("each value of `{path}`"), "a number"));
        };
        to_f32(value, domain, || node.found()).map_err(|wrong| Fault::new(node.place, format!("`{path}` {wrong}")))
    }

    fn list(&mut self, node: &Node, items: &[Node], path: &str, domain: Domain) -> Result<Vec<f32>, Fault> {
        if items.is_empty() || items.len() as u64 > MAX_AXIS_VALUES {
            return Err(wrong_value(node, &format!("`{path}`"), &format!("a list of 1 to {MAX_AXIS_VALUES} values")));
        }
        items.iter().map(|item| self.number(item, path, domain)).collect()
    }

    fn generated(&mut self, node: &Node, path: &str, domain: Domain) -> Result<(Vec<f32>, Spacing), Fault> {
        let fields = Fields::of(node, path)?;
        if let Some(count) = fields.entry("path") {
            return self.path(&fields, count, path);
        }
        let (form, entry) = Form::of(&fields, node)?;
        let (points, count, spacing) = match form {
            Form::Linspace | Form::Geomspace => form.spaced(&fields, entry, domain)?,
            _ => {
                let (distribution, count) = form.random(&fields, entry, domain, self)?;
                let dimension = if distribution.is_sobol() { self.dimension(path) } else { 0 };
                (distribution.points(path, dimension), count, Spacing::Random)
            }
        };
        self.reserve(count, node, path)?;
        let values: Result<Vec<f32>, Fault> = points
            .zip(1..=count)
            .map(|(point, number)| {
                to_f32(point, domain, || show_float(point)).map_err(|wrong| {
                    let fault = Fault::new(node.place, format!("point {number} of `{path}` {wrong}"));
                    match form {
                        Form::Normal => fault.help("a normal distribution has no bounds; uniform and log_uniform have"),
                        _ => fault,
                    }
                })
            })
            .collect();
        Ok((values?, spacing))
    }

    /// What a table draws its numbers from, and how many; `None` of anything else. The numbers themselves are left to whoever asks.
    pub fn drawn(&mut self, node: &Node, path: &str, domain: Domain) -> Result<Option<(Distribution, u64)>, Fault> {
        if !matches!(node.value, Value::Table(_)) {
            return Ok(None);
        }
        let fields = Fields::of(node, path)?;
        let (form, entry) = Form::of(&fields, node)?;
        if matches!(form, Form::Linspace | Form::Geomspace) {
            return Ok(None);
        }
        let drawn = form.random(&fields, entry, domain, self)?;
        self.reserve(drawn.1, node, path)?;
        Ok(Some(drawn))
    }

    /// `{ path = 100, ratio = 1e-3 }`: shares of the least lambda at which all weights are 0, from 1 down to the ratio; of each draw of rows
    /// with `per_draw = true`.
    fn path(&mut self, fields: &Fields, count: &Entry, path: &str) -> Result<(Vec<f32>, Spacing), Fault> {
        if path != "penalty.lambda" || !self.of_model {
            let message = format!("`{path}` cannot be a path: that is for the lambda of a problem over a table");
            return Err(Fault::new(count.key_place, message).help("write geomspace = [first, last, count]"));
        }
        fields.refuse_others(&["path", "ratio", PER_DRAW])?;
        let count = read_count(&count.node, &format!("`{path}.path`"))?;
        let ratio = match fields.get("ratio") {
            None => 1e-3,
            Some(node) => match node.number() {
                Some(ratio) if (1e-9..1.0).contains(&ratio) => ratio,
                _ => {
                    let allowed = "a number of at least 1e-9 and less than 1, the last lambda over the first";
                    return Err(wrong_value(node, &format!("`{path}.ratio`"), allowed));
                }
            },
        };
        let shares = if count == 1 { points::linspace(1.0, 1.0, 1) } else { points::geomspace(1.0, ratio, count) };
        let of = match fields.get(PER_DRAW).map(|node| (node, &node.value)) {
            None | Some((_, Value::Bool(false))) => PathOf::Table,
            Some((_, Value::Bool(true))) => PathOf::EachDraw(1.0),
            Some((node, _)) => return Err(wrong_value(node, &format!("`{path}.{PER_DRAW}`"), "true or false")),
        };
        Ok((shares.map(|share| share as f32).collect(), Spacing::Path(of)))
    }

    /// The dimension of Sobol's sequence that a parameter takes: the first, unless axes are drawn together.
    fn dimension(&mut self, path: &str) -> usize {
        if self.sample.is_none() {
            return 0;
        }
        self.sobol.iter().position(|own| own == path).unwrap_or_else(|| {
            self.sobol.push(path.to_owned());
            self.sobol.len() - 1
        })
    }

    fn reserve(&mut self, count: u64, node: &Node, path: &str) -> Result<(), Fault> {
        if self.take(count) {
            return Ok(());
        }
        let message = format!("with `{path}` the axes hold more than {MOST_VALUES} values together");
        Err(Fault::new(node.place, message).help("lower the counts: the sweep is the product of the axes"))
    }
}

/// A string is an expression over other parameters.
fn read_expression(node: &Node, text: &str, path: &str, domain: Domain) -> Result<Expression, Fault> {
    Expression::parse(text, domain).map_err(|Wrong { message, part }| {
        let fault = Fault::new(node.place, format!("the expression of `{path}` {message}")).within(text, part);
        fault.help("an expression has numbers, paths such as optimizer.learning_rate, + - * / ^, abs() and parentheses")
    })
}

/// What other tools call a form, and what to write for it.
const OTHER_WORDS: [(&str, &str); 5] = [
    ("logspace", "write geomspace = [first, last, count]; the ends are values, not exponents"),
    ("log_space", "write geomspace = [first, last, count]; the ends are values, not exponents"),
    ("arange", "write linspace = [first, last, count]; both ends are values of the axis"),
    ("range", "write linspace = [first, last, count]; both ends are values of the axis"),
    ("gaussian", "write normal = [mean, deviation], with a count"),
];

/// Numbers drawn from a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distribution {
    form: Form,
    /// The mean and the deviation of a normal distribution, the bounds of another.
    pair: (f64, f64),
    seed: u64,
}

impl Distribution {
    /// Those of the parameter `path`, in their order; of Sobol's sequence along this dimension.
    pub(super) fn points(&self, path: &str, dimension: usize) -> Points {
        let Distribution { form, pair: (a, b), seed } = *self;
        match form {
            Form::Uniform => points::uniform(a, b, seed, path),
            Form::LogUniform => points::log_uniform(a, b, seed, path),
            Form::Normal => points::normal(a, b, seed, path),
            _ => points::sobol(a, b, seed, path, dimension),
        }
    }

    pub(super) fn is_sobol(&self) -> bool {
        self.form == Form::Sobol
    }

    /// What tells it from others: its word, its two numbers and its seed.
    pub(super) fn key(&self) -> (&'static str, [u64; 3]) {
        (self.form.name(), [self.pair.0.to_bits(), self.pair.1.to_bits(), self.seed])
    }
}

/// What a table generates its numbers by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    Linspace,
    Geomspace,
    Uniform,
    LogUniform,
    Normal,
    Sobol,
}

impl Form {
    pub const ALL: [Form; 6] =
        [Form::Linspace, Form::Geomspace, Form::Uniform, Form::LogUniform, Form::Normal, Form::Sobol];

    pub fn name(self) -> &'static str {
        match self {
            Form::Linspace => "linspace",
            Form::Geomspace => "geomspace",
            Form::Uniform => "uniform",
            Form::LogUniform => "log_uniform",
            Form::Normal => "normal",
            Form::Sobol => "sobol",
        }
    }

    /// The keys that may stand beside its own.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Form::Linspace | Form::Geomspace => &[],
            _ => &["count", "seed"],
        }
    }

    /// The one form that the table names.
    fn of<'a>(fields: &Fields<'a>, node: &Node) -> Result<(Form, &'a Entry), Fault> {
        let names = Form::ALL.map(Form::name);
        let keys: Vec<&str> = names.into_iter().chain(["count", "seed"]).collect();
        for (word, help) in OTHER_WORDS {
            if let Some(entry) = fields.entry(word) {
                return Err(fields.unknown(entry).help(help));
            }
        }
        fields.refuse_others(&keys)?;
        let mut given = Form::ALL.into_iter().filter_map(|form| Some((form, fields.entry(form.name())?)));
        let Some((form, entry)) = given.next() else {
            let message = format!("`{}` needs one of the keys {}", fields.path, quote_all(&names));
            return Err(Fault::new(node.place, message));
        };
        if let Some((other, second)) = given.next() {
            let (path, form, other) = (fields.path, form.name(), other.name());
            let message = format!("`{path}` has both `{form}` and `{other}`");
            return Err(Fault::new(second.key_place, message).help("keep one of the two"));
        }
        Ok((form, entry))
    }

    /// `[first, last, count]`, with nothing beside it.
    fn spaced(self, fields: &Fields, entry: &Entry, domain: Domain) -> Result<(Points, u64, Spacing), Fault> {
        let name = self.name();
        let subject = format!("`{}.{name}`", fields.path);
        if let Some(extra) = fields.entry("count").or(fields.entry("seed")) {
            let message = format!("`{}` does not go with `{name}`, which draws nothing", extra.key);
            return Err(Fault::new(extra.key_place, message).help(format!("write {name} = [first, last, count]")));
        }
        let [first, last, count] = list(&entry.node, &subject)? else {
            return Err(wrong_value(&entry.node, &subject, "[first, last, count]"));
        };
        let count_place = count.place;
        let count = read_count(count, &format!("the count of {subject}"))?;
        let (a, b) = (end(first, &subject, domain)?, end(last, &subject, domain)?);
        if (count == 1) != (a == b) {
            let message =
                format!("{subject} from {} to {} cannot have a count of {count}", show_float(a), show_float(b));
            return Err(
                Fault::new(count_place, message).help("the count is 1 where both ends are equal, and only there")
            );
        }
        if self == Form::Linspace {
            return Ok((points::linspace(a, b, count), count, Spacing::Linear));
        }
        refuse_mixed_signs(&entry.node, &subject, a, b)?;
        Ok((points::geomspace(a, b, count), count, Spacing::Geometric))
    }

    /// Two numbers that say what is drawn, and beside them how many and from which seed.
    fn random(
        self,
        fields: &Fields,
        entry: &Entry,
        domain: Domain,
        axes: &AxisReader,
    ) -> Result<(Distribution, u64), Fault> {
        let path = fields.path;
        let subject = format!("`{path}.{}`", self.name());
        let pair = self.pair(&entry.node, &subject, domain)?;
        let Draws { count, seed } = match (axes.sample, fields.entry("count").or(fields.entry("seed"))) {
            (Some(_), Some(extra)) => {
                let message =
                    format!("`{path}.{}` does not go with `sample`, which draws all random axes together", extra.key);
                return Err(Fault::new(extra.key_place, message).help("remove it: `sample` has the count and the seed"));
            }
            (Some(sample), None) => sample,
            (None, _) => Draws::of(fields)?,
        };
        Ok((Distribution { form: self, pair, seed }, count))
    }

    /// The mean and deviation of a normal distribution, or the bounds of another.
    fn pair(self, node: &Node, subject: &str, domain: Domain) -> Result<(f64, f64), Fault> {
        let is_normal = self == Form::Normal;
        let [a, b] = list(node, subject)? else {
            let allowed = if is_normal { "[mean, deviation]" } else { "[low, high]" };
            return Err(wrong_value(node, subject, allowed));
        };
        if is_normal {
            let deviation = format!("the deviation of {subject}");
            return Ok((end(a, subject, Domain::Finite)?, end(b, &deviation, Domain::Positive)?));
        }
        let (low, high) = (end(a, subject, domain)?, end(b, subject, domain)?);
        if low >= high {
            let (low, high) = (show_float(low), show_float(high));
            let message = format!("{subject} must be [low, high] with low < high, found [{low}, {high}]");
            return Err(Fault::new(node.place, message));
        }
        if self == Form::LogUniform {
            refuse_mixed_signs(node, subject, low, high)?;
        }
        Ok((low, high))
    }
}

/// A number that bounds or describes an axis.
fn end(node: &Node, subject: &str, domain: Domain) -> Result<f64, Fault> {
    let value = node.number().ok_or_else(|| wrong_value(node, &format!("each end of {subject}"), "a number"))?;
    to_f32(value, domain, || node.found()).map_err(|wrong| Fault::new(node.place, format!("{subject} {wrong}")))?;
    Ok(value)
}

fn refuse_mixed_signs(node: &Node, subject: &str, a: f64, b: f64) -> Result<(), Fault> {
    if a * b > 0.0 {
        return Ok(());
    }
    let (a, b) = (show_float(a), show_float(b));
    let message = format!("{subject} needs ends of one sign, neither of them 0, found {a} and {b}");
    Err(Fault::new(node.place, message))
}

/// Rounds to the nearest f32, or says how the value is wrong, in words that follow its path. A value that is not 0
/// must stay a normal f32, and -0 becomes 0, so that equal values are equal bits.
pub(super) fn to_f32(value: f64, domain: Domain, found: impl FnOnce() -> String) -> Result<f32, String> {
    let rounded = value as f32;
    if !value.is_finite() {
        Err(format!("must be a finite number, found {}", found()))
    } else if !domain.contains(value) {
        Err(format!("must be {}, found {}", domain.describe(), found()))
    } else if !rounded.is_finite() {
        Err(format!("is {}, but f32 cannot hold it: its largest is {:?}", found(), f32::MAX))
    } else if value != 0.0 && rounded.abs() < f32::MIN_POSITIVE {
        Err(format!("is {}, but f32 cannot hold it: its smallest is {:?}", found(), f32::MIN_POSITIVE))
    } else if !domain.contains(f64::from(rounded)) {
        Err(format!("must be {}, but f32 rounds {} to {rounded:?}", domain.describe(), found()))
    } else {
        Ok(rounded + 0.0)
    }
}
