//! The text of a spec as run: TOML, with every `--set` in it.

use super::document::{self, Entry, Node, Value, show_float};
use super::set::{Edit, Route, Step};
use super::source::FILE;
use super::{Format, Spec, read};
use crate::member::Family;
use toml_edit::{DocumentMut, InlineTable, Item, Key, Table};

/// A TOML text that reads as `spec`: `text` itself with the edits made in it; else, and where it is JSON, `root` written
/// anew.
pub(super) fn as_run(
    text: &str,
    format: Format,
    edits: &[Edit],
    root: &Node,
    spec: &Spec,
    family: &'static Family,
) -> String {
    let edited = match format {
        Format::Toml if edits.is_empty() => return text.to_owned(),
        Format::Toml => edit_toml(text, edits).filter(|edited| reads_as(edited, spec, family)),
        Format::Json => None,
    };
    edited.unwrap_or_else(|| {
        let written = write_toml(root);
        assert!(reads_as(&written, spec, family), "a spec should read as itself when it is written anew:\n{written}");
        written
    })
}

/// Whether the TOML text gives the same values, and so the same hash.
fn reads_as(text: &str, spec: &Spec, family: &'static Family) -> bool {
    let read = document::parse(text, Format::Toml, FILE).and_then(|root| read::read_spec(&root, family));
    read.is_ok_and(|read| read == *spec)
}

/// The TOML text with the edits made in it: comments and layout stay, except in what is replaced as a whole. None where
/// the layout has no place for an edit.
fn edit_toml(text: &str, edits: &[Edit]) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    for edit in edits {
        for route in &edit.routes {
            put(find(document.as_item_mut(), route)?, &edit.value);
        }
    }
    Some(document.to_string())
}

/// The item at the end of the route; tables that are missing on the way are made.
fn find<'a>(mut item: &'a mut Item, route: &Route) -> Option<&'a mut Item> {
    for (depth, step) in route.iter().enumerate() {
        item = match step {
            Step::Index(index) => item.get_mut(*index)?,
            Step::Key(key) => {
                let is_last = depth + 1 == route.len();
                item.as_table_like_mut()?.entry(key).or_insert_with(|| match depth {
                    _ if is_last => Item::None,
                    0 => Item::Table(Table::new()),
                    _ => Item::Value(InlineTable::new().into()),
                })
            }
        };
    }
    Some(item)
}

/// A table under a header or with dotted keys stays one, since an array of tables holds no other; anything else becomes a
/// plain value.
fn put(target: &mut Item, node: &Node) {
    if let (Some(table), Value::Table(entries)) = (target.as_table_mut(), &node.value) {
        table.retain(|key, _| entries.iter().any(|entry| entry.key == key));
        table.set_implicit(false);
        for entry in entries {
            put(table.entry(&entry.key).or_insert(Item::None), &entry.node);
        }
        return;
    }
    let mut value = to_value(node);
    if let Some(old) = target.as_value() {
        *value.decor_mut() = old.decor().clone();
    }
    *target = Item::Value(value);
}

fn to_value(node: &Node) -> toml_edit::Value {
    let mut text = String::new();
    write_value(node, &mut text);
    text.parse().expect("a written value should parse")
}

/// The tree as TOML: single values first, then a `[table]` or `[[table]]` for each section.
fn write_toml(root: &Node) -> String {
    let mut out = String::new();
    let (sections, values): (Vec<&Entry>, Vec<&Entry>) =
        entries(root).iter().partition(|entry| is_section(&entry.node));
    write_lines(values, &mut out);
    for section in sections {
        match &section.node.value {
            Value::List(tables) => {
                for table in tables {
                    out.push_str(&format!("\n[[{}]]\n", section.key));
                    write_lines(entries(table), &mut out);
                }
            }
            _ => {
                out.push_str(&format!("\n[{}]\n", section.key));
                write_lines(entries(&section.node), &mut out);
            }
        }
    }
    out
}

fn is_section(node: &Node) -> bool {
    match &node.value {
        Value::Table(_) => true,
        Value::List(items) => !items.is_empty() && items.iter().all(|item| matches!(item.value, Value::Table(_))),
        _ => false,
    }
}

fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        Value::Table(entries) => entries,
        _ => &[],
    }
}

fn write_lines<'a>(entries: impl IntoIterator<Item = &'a Entry>, out: &mut String) {
    for entry in entries {
        write_entry(entry, out);
        out.push('\n');
    }
}

fn write_entry(entry: &Entry, out: &mut String) {
    out.push_str(&Key::new(&*entry.key).to_string());
    out.push_str(" = ");
    write_value(&entry.node, out);
}

fn write_value(node: &Node, out: &mut String) {
    match &node.value {
        Value::Table(entries) => {
            out.push_str("{ ");
            write_all(entries, out, write_entry);
            out.push_str(" }");
        }
        Value::List(items) => {
            out.push('[');
            write_all(items, out, write_value);
            out.push(']');
        }
        Value::Text(text) => out.push_str(&toml_edit::Value::from(text.as_str()).to_string()),
        Value::Integer(integer) => out.push_str(&integer.to_string()),
        Value::Float(float) => out.push_str(&show_float(*float)),
        Value::Bool(value) => out.push_str(&value.to_string()),
        Value::Beyond(number) => unreachable!("a valid spec has no {number}"),
        Value::Foreign(words) => unreachable!("a valid spec has no {words}"),
    }
}

fn write_all<T>(items: &[T], out: &mut String, write: impl Fn(&T, &mut String)) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::FAMILY;

    const TEXT: &str = "# question\nname = 'x'\nsteps = 9 # few\nstart.w = 1\n\
                        optimizer = { kind = 'proximal', learning_rate = 0.1 }\n\
                        [[penalty]]\nkind = 'lk'\nk = 1\nlambda = 2 # strong\n";

    const WRITTEN: &str = "name = \"x\"\nsteps = 9\n\n[start]\nw = 1\n\n\
                           [optimizer]\nkind = \"proximal\"\nlearning_rate = 0.1\n\n\
                           [[penalty]]\nkind = \"lk\"\nk = 1\nlambda = 2\n";

    /// `TEXT` as run, with an edit that the tree knows nothing of.
    fn as_run_with(route: &[Step], value: Value) -> String {
        let root = document::parse(TEXT, Format::Toml, FILE).expect("a tree");
        let spec = read::read_spec(&root, &FAMILY).expect("a spec");
        let edit = Edit { value: Node { value, place: root.place }, routes: vec![route.to_vec()] };
        as_run(TEXT, Format::Toml, &[edit], &root, &spec, &FAMILY)
    }

    fn key(name: &str) -> Step {
        Step::Key(name.to_owned())
    }

    #[test]
    fn only_an_edit_that_gives_the_spec_is_kept() {
        assert_eq!(as_run_with(&[key("steps")], Value::Integer(9)), TEXT);
        assert_eq!(as_run_with(&[key("steps")], Value::Integer(8)), WRITTEN);
        assert_eq!(as_run_with(&[key("stepz")], Value::Integer(9)), WRITTEN);
    }

    #[test]
    fn an_edit_without_a_place_is_dropped() {
        assert_eq!(as_run_with(&[key("penalty"), Step::Index(1)], Value::Table(Vec::new())), WRITTEN);
        assert_eq!(as_run_with(&[key("steps"), key("tail")], Value::Integer(9)), WRITTEN);
    }
}
