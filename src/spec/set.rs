//! `--set PATH=VALUE`: values that replace or add to those of the file.

use super::document::{Entry, Node, Value, parse_value};
use super::error::Fault;
use super::source::{FILE, Place, Sources};

/// The way from the root of a spec to a value.
pub(super) type Route = Vec<Step>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// A value that was put into the tree, and every place where it was put.
pub(super) struct Edit {
    pub value: Node,
    pub routes: Vec<Route>,
}

/// How the text of a `--set` begins where errors show it.
const PREFIX: &str = "--set ";

/// No path of a spec has more steps; the bound keeps a hostile path from exhausting the stack.
const DEEPEST: usize = 8;

/// Puts every `--set` of `sources` into the tree, in order.
pub(super) fn apply_sets(root: &mut Node, sources: &Sources) -> Result<Vec<Edit>, Fault> {
    let count = sources.len();
    (FILE + 1..count).map(|source| apply_set(root, sources.text(source), source)).collect()
}

fn apply_set(root: &mut Node, argument: &str, source: usize) -> Result<Edit, Fault> {
    let whole = Place { source, start: PREFIX.len(), end: argument.len() };
    let Some(equals) = argument.find('=') else {
        return Err(Fault::new(whole, "a setting must be PATH=VALUE")
            .help("for example --set steps=500 or --set 'penalty.lambda=[0.1, 1.0]'"));
    };
    let value = read_value(argument, equals + 1, source)?;
    let path = read_path(argument, equals, source)?;
    let mut assignment = Assignment { value: &value, route: Vec::new(), routes: Vec::new() };
    assignment.assign(root, &path)?;
    let routes = assignment.routes;
    Ok(Edit { value, routes })
}

/// A TOML value, or a bare word or expression for a string: shells eat quotes.
fn read_value(argument: &str, start: usize, source: usize) -> Result<Node, Fault> {
    let tail = &argument[start..];
    let start = start + (tail.len() - tail.trim_start().len());
    let text = tail.trim();
    let place = Place { source, start, end: start + text.len() };
    if text.is_empty() {
        return Err(Fault::new(place, "a setting must be PATH=VALUE, found no value"));
    }
    let is_bare = |c: char| c.is_alphanumeric() || "._-+*/^()".contains(c);
    match parse_value(text, source, start) {
        Err(_) if text.chars().all(is_bare) => Ok(Node { value: Value::Text(text.to_owned()), place }),
        result => result,
    }
}

/// One step of the path as it was typed.
struct Segment<'a> {
    name: &'a str,
    place: Place,
}

fn read_path(argument: &str, equals: usize, source: usize) -> Result<Vec<Segment<'_>>, Fault> {
    let mut start = PREFIX.len();
    let mut segments = Vec::new();
    for part in argument[PREFIX.len()..equals].split('.') {
        let name = part.trim();
        let place = Place { source, start, end: start + part.len() };
        if name.is_empty() {
            return Err(Fault::new(place, "a path is keys with points between them, such as penalty.lambda"));
        }
        segments.push(Segment { name, place });
        start += part.len() + 1;
    }
    if segments.len() > DEEPEST {
        return Err(Fault::new(segments[DEEPEST].place, "no key of a spec lies this deep"));
    }
    Ok(segments)
}

struct Assignment<'a> {
    value: &'a Node,
    /// The way to the node in hand.
    route: Route,
    routes: Vec<Route>,
}

impl Assignment<'_> {
    /// Puts the value where the segments lead from `node`, and makes the tables that are missing on the way.
    fn assign(&mut self, node: &mut Node, segments: &[Segment]) -> Result<(), Fault> {
        let Some((segment, rest)) = segments.split_first() else {
            *node = self.value.clone();
            self.routes.push(self.route.clone());
            return Ok(());
        };
        let found = node.found();
        match &mut node.value {
            Value::Table(entries) => {
                let child = child(entries, segment);
                self.descend(Step::Key(segment.name.to_owned()), child, rest)
            }
            Value::List(items) if segment.name.bytes().all(|byte| byte.is_ascii_digit()) => {
                let count = items.len();
                let index = segment.name.parse().ok().filter(|&index| index < count);
                let index: usize = index.ok_or_else(|| {
                    let message = format!("there is no number {}: the list has {count}, counted from 0", segment.name);
                    Fault::new(segment.place, message)
                })?;
                self.descend(Step::Index(index), &mut items[index], rest)
            }
            // An array of tables: the value goes to every alternative.
            Value::List(items) if is_array_of_tables(items) => items
                .iter_mut()
                .enumerate()
                .try_for_each(|(index, item)| self.descend(Step::Index(index), item, segments)),
            _ => {
                let message = format!("there is no `{}` to set here: the value above it is {found}", segment.name);
                Err(Fault::new(segment.place, message))
            }
        }
    }

    fn descend(&mut self, step: Step, node: &mut Node, rest: &[Segment]) -> Result<(), Fault> {
        self.route.push(step);
        let result = self.assign(node, rest);
        self.route.pop();
        result
    }
}

fn is_array_of_tables(items: &[Node]) -> bool {
    !items.is_empty() && items.iter().all(|item| matches!(item.value, Value::Table(_)))
}

/// The value of the key, which is made an empty table where the key is new.
fn child<'a>(entries: &'a mut Vec<Entry>, segment: &Segment) -> &'a mut Node {
    let index = entries.iter().position(|entry| entry.key == segment.name);
    let index = index.unwrap_or_else(|| {
        entries.push(Entry {
            key: segment.name.to_owned(),
            key_place: segment.place,
            node: Node { value: Value::Table(Vec::new()), place: segment.place },
        });
        entries.len() - 1
    });
    &mut entries[index].node
}
