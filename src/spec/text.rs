//! The text of a spec as run: TOML, with every `--set` in it.

use super::document::{Entry, Node, Value, show_float};
use super::set::{Edit, Route, Step};
use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike};

/// The TOML text with the edits made in it; comments and layout stay.
pub(super) fn edit_toml(text: &str, edits: &[Edit]) -> String {
    if edits.is_empty() {
        return text.to_owned();
    }
    let mut document: DocumentMut = text.parse().expect("a text that was read as TOML should parse again");
    for edit in edits {
        for route in &edit.routes {
            replace(document.as_item_mut(), route, &edit.value);
        }
    }
    document.to_string()
}

fn replace(mut item: &mut Item, route: &Route, value: &Node) {
    let (last, parents) = route.split_last().expect("a setting should have a path");
    for (depth, step) in parents.iter().enumerate() {
        item = match step {
            Step::Index(index) => &mut item[*index],
            Step::Key(key) => {
                let empty = if depth == 0 { Item::Table(Table::new()) } else { Item::Value(InlineTable::new().into()) };
                table(item).entry(key).or_insert(empty)
            }
        };
    }
    let target = match last {
        Step::Index(index) => &mut item[*index],
        Step::Key(key) => table(item).entry(key).or_insert(Item::None),
    };
    let mut new = to_value(value);
    if let Some(old) = target.as_value() {
        *new.decor_mut() = old.decor().clone();
    }
    *target = Item::Value(new);
}

fn table(item: &mut Item) -> &mut dyn TableLike {
    item.as_table_like_mut().expect("the document should have the tables of the tree")
}

fn to_value(node: &Node) -> toml_edit::Value {
    let mut text = String::new();
    write_value(node, &mut text);
    text.parse().expect("a written value should parse")
}

/// The tree as TOML: single values first, then a `[table]` or `[[table]]` for each section.
pub(super) fn write_toml(root: &Node) -> String {
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

/// The keys of a valid spec are plain words, so they need no quotes.
fn write_entry(entry: &Entry, out: &mut String) {
    out.push_str(&entry.key);
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
