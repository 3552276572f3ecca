//! A spec as the page's state: one value a parameter, and two of them to make a map of.

use crate::spec::{Axis, Format, Spacing, Spec};
use serde_json::{Map, Value, json};

/// Starts of a cell at the most: a map is to follow a slider.
const MOST_STARTS: u64 = 64;

/// What every state can make a map of.
const ALWAYS: [&str; 2] = ["penalty.lambda", "start.w"];

/// The state: `spec` with one value a parameter, `x` and `y`, the start `w` of the trajectory that is shown, and `notes` on what of
/// the text is not in it.
pub fn open(text: &str, name: &str) -> Result<Value, String> {
    let is_json = name.ends_with(".json") || text.trim_start().starts_with('{');
    let format = if is_json { Format::Json } else { Format::Toml };
    let loaded = Spec::parse(text, format, name, &[]).map_err(|error| error.to_string())?;
    let (spec, mut notes) = (&loaded.spec, Vec::new());
    let mut tree: Value = toml::from_str(&loaded.text).map_err(|error| error.to_string())?;
    let kinds = [
        ("problem", spec.problems.len(), spec.problems[0].kind.member.kind, &spec.problems[0].parameters),
        ("penalty", spec.penalties.len(), spec.penalties[0].kind.member.kind, &spec.penalties[0].parameters),
        ("optimizer", spec.optimizers.len(), spec.optimizers[0].kind.rule.member.kind, &spec.optimizers[0].parameters),
    ];
    let [x, y] = axes_of(spec);
    for (role, alternatives, kind, axes) in kinds {
        if alternatives > 1 {
            let name = if role == "optimizer" { spec.optimizers[0].kind.name() } else { kind };
            notes.push(format!("of {alternatives} alternatives of `{role}` the first is shown, {name}"));
        }
        let swept = axes.iter().filter(|axis| axis.values.len() > 1);
        for axis in swept.filter(|axis| x["path"] != axis.path.as_str() && y["path"] != axis.path.as_str()) {
            let (values, middle) = (axis.values.len(), middle(axis));
            notes.push(format!("of {values} values of `{}` one is shown, {middle}", axis.path));
        }
        let table = &mut tree[role];
        if let Some(first) = table.as_array().and_then(|all| all.first()).cloned() {
            *table = first;
        }
        if table.is_null() {
            *table = json!({});
        }
        firsts(table);
        table["kind"] = kind.into();
        for axis in axes {
            put(&mut tree, axis);
        }
    }
    let start = &spec.start;
    let w = if start.values.len() > 1 { ends(start)[1] } else { middle(start) };
    tree["start"] = json!({ "w": pooled_start(spec, &tree["start"]["w"]) });
    for dropped in ["zip", "sample", "report", "$schema"] {
        let was = tree.as_object_mut().and_then(|tree| tree.shift_remove(dropped));
        if was.is_some() && matches!(dropped, "zip" | "sample") {
            notes.push(format!("`{dropped}` is left out: its parameters stand at one value each"));
        }
    }
    Spec::parse(&tree.to_string(), Format::Json, name, &[])
        .map_err(|error| format!("this spec has no state that the page can show: {error}"))?;
    Ok(json!({ "spec": tree, "x": x, "y": y, "w": number(w), "notes": notes }))
}

/// Takes the first of every list of alternatives below a role: `schedule = [..]`, `slope_at_zero = [0, 1]`.
fn firsts(table: &mut Value) {
    let Some(table) = table.as_object_mut() else { return };
    for value in table.values_mut() {
        if let Some(first) = value.as_array().and_then(|all| all.first()).cloned() {
            *value = first;
        }
        if value.get("kind").is_some() {
            firsts(value);
        }
    }
}

/// Puts one value of `axis` where the spec has its values; what is computed, or left at its default, stays.
fn put(tree: &mut Value, axis: &Axis) {
    if axis.is_derived() {
        return;
    }
    let mut place = tree;
    let (path, name) = axis.path.rsplit_once('.').expect("a path should have a role");
    for part in path.split('.') {
        place = &mut place[part];
    }
    if let Some(own) = place.as_object_mut().and_then(|table| table.get_mut(name)) {
        *own = number(middle(axis));
    }
}

/// The number that a reader would write for this f32.
fn number(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

/// The value in the middle of an axis.
fn middle(axis: &Axis) -> f32 {
    let mut values = axis.values.clone();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// The least and the greatest value of an axis.
fn ends(axis: &Axis) -> [f32; 2] {
    let fold = |of: fn(f32, f32) -> f32| axis.values.iter().copied().reduce(of).unwrap_or(0.0);
    [fold(f32::min), fold(f32::max)]
}

/// The starts of each cell: as the spec draws them, or from its least to its greatest.
fn pooled_start(spec: &Spec, node: &Value) -> Value {
    let count = MOST_STARTS.min(spec.start.values.len() as u64);
    match (&spec.start.spacing, node) {
        (Spacing::Random, Value::Object(node)) => {
            let mut node: Map<String, Value> = node.clone();
            node.insert("count".to_owned(), count.into());
            node.into()
        }
        _ if count > 1 => {
            let [from, to] = ends(&spec.start).map(number);
            json!({ "linspace": [from, to, count] })
        }
        _ => number(middle(&spec.start)),
    }
}

/// What the map is over: the axes of most values, which are not pooled; then what every spec has.
fn axes_of(spec: &Spec) -> [Value; 2] {
    let first = spec.combinations().next().expect("a spec should have a combination");
    let pooled = |axis: &&Axis| spec.report.pool.contains(&axis.path);
    let mut swept: Vec<&Axis> = first.axes().chain([&spec.start]).filter(|axis| axis.values.len() > 1).collect();
    swept.retain(|axis| !pooled(axis));
    swept.sort_by_key(|axis| std::cmp::Reverse(axis.values.len()));
    let ranges = swept.iter().take(2).map(|axis| {
        let [from, to] = ends(axis).map(number);
        (
            axis.path.as_str(),
            json!({ "path": axis.path, "from": from, "to": to, "log": axis.spacing == Spacing::Geometric }),
        )
    });
    let mut ranges: Vec<(&str, Value)> = ranges.collect();
    for path in ALWAYS {
        if ranges.len() < 2 && ranges.iter().all(|(own, _)| *own != path) {
            let (from, to) = if path == "start.w" { (-5.0, 5.0) } else { (0.0, 2.0) };
            ranges.push((path, json!({ "path": path, "from": from, "to": to, "log": false })));
        }
    }
    let [(_, x), (_, y)]: [(&str, Value); 2] = ranges.try_into().expect("there should be two axes");
    [x, y]
}
