//! The text of a spec as run: whatever the layout of the file and whatever was set, it reads back as what was run.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use std::cell::Cell;
use zerosweep::spec::{Format, LoadedSpec, Spec};

fn parse(text: &str, format: Format, sets: &[String]) -> Result<LoadedSpec, String> {
    Spec::parse(text, format, "x", sets).map_err(|error| error.to_string())
}

/// A part of a spec, before it is written in one of the ways that a language has for it.
#[derive(Clone, Debug)]
enum Tree {
    Number(String),
    Text(&'static str),
    List(Vec<Tree>),
    Table(Vec<(&'static str, Tree)>),
}

use Tree::{List, Number, Table, Text};

type Trees = BoxedStrategy<Tree>;

/// Positive, whole or not: every parameter takes it.
fn number() -> Trees {
    (1..500_u32).prop_map(|hundredths| Number((f64::from(hundredths) / 100.0).to_string())).boxed()
}

fn integer(range: std::ops::Range<u32>) -> Trees {
    range.prop_map(|integer| Number(integer.to_string())).boxed()
}

fn texts(words: Vec<&'static str>) -> Tree {
    List(words.into_iter().map(Text).collect())
}

fn list(items: Trees, lengths: std::ops::Range<usize>) -> Trees {
    prop::collection::vec(items, lengths).prop_map(List).boxed()
}

type Entry = BoxedStrategy<Option<(&'static str, Tree)>>;

fn needed(key: &'static str, value: Trees) -> Entry {
    value.prop_map(move |value| Some((key, value))).boxed()
}

fn optional(key: &'static str, value: Trees) -> Entry {
    prop::option::of(value.prop_map(move |value| (key, value))).boxed()
}

fn table<const N: usize>(entries: [Entry; N]) -> Trees {
    let entries = Vec::from(entries).prop_map(|entries| entries.into_iter().flatten().collect::<Vec<_>>());
    entries.prop_shuffle().prop_map(Table).boxed()
}

fn axis() -> Trees {
    let ends = || (1..200_u32, 200..400_u32).prop_map(|(low, high)| [low, high].map(|end| Number(end.to_string())));
    let spaced = (select(vec!["linspace", "geomspace"]), ends(), 2..5_u32)
        .prop_map(|(form, [low, high], count)| Table(vec![(form, List(vec![low, high, Number(count.to_string())]))]));
    let drawn = select(vec!["uniform", "log_uniform", "sobol"]).prop_flat_map(move |form| {
        let bounds = ends().prop_map(|ends| List(ends.into()));
        table([needed(form, bounds.boxed()), needed("count", integer(1..4)), optional("seed", integer(0..9))])
    });
    prop_oneof![2 => number(), 6 => list(number(), 1..4), 4 => spaced, 2 => drawn, 1 => expression()].boxed()
}

fn expression() -> Trees {
    select(vec!["0.5 + start.w / 2", "2*optimizer.learning_rate", "(1 + penalty.k) ^ 0.5", "3"]).prop_map(Text).boxed()
}

fn problem() -> Trees {
    let quadratic = Just(Text("quadratic")).boxed();
    let kind = prop_oneof![quadratic.clone(), Just(texts(vec!["quadratic"]))];
    prop_oneof![
        1 => table([needed("kind", Just(Text("none")).boxed())]),
        4 => table([needed("kind", kind.boxed()), needed("target", axis()), optional("curvature", axis())]),
    ]
    .boxed()
}

fn penalty() -> Trees {
    table([needed("kind", Just(Text("lk")).boxed()), needed("k", axis()), needed("lambda", axis())])
}

fn optimizer_kind() -> Trees {
    let kinds = vec!["subgradient", "truncated", "proximal"];
    prop_oneof![select(kinds.clone()).prop_map(Text), subsequence(kinds, 1..=3).prop_map(texts)].boxed()
}

fn optimizer() -> Trees {
    table([needed("kind", optimizer_kind()), needed("learning_rate", axis())])
}

/// One table of a role, or several.
fn role(alternative: Trees) -> Trees {
    prop_oneof![alternative.clone(), list(alternative, 1..4)].boxed()
}

fn start() -> Trees {
    table([needed("w", axis())])
}

fn tolerances() -> Trees {
    subsequence(vec!["1e-3", "1e-6", "0.01"], 1..=3)
        .prop_map(|values| List(values.into_iter().map(|value| Number(value.to_owned())).collect()))
        .boxed()
}

fn zero() -> Trees {
    let divergence = select(vec!["1e7", "20"]).prop_map(|value| Number(value.to_owned())).boxed();
    table([optional("tolerances", tolerances()), optional("divergence", divergence), optional("tail", integer(1..20))])
}

fn facets() -> Trees {
    subsequence(vec!["problem", "optimizer", "penalty.k"], 0..=3).prop_map(texts).boxed()
}

fn map() -> Trees {
    let path = |path| Just(Text(path)).boxed();
    table([needed("x", path("penalty.lambda")), needed("y", path("start.w")), optional("facets", facets())])
}

fn pool() -> Trees {
    subsequence(vec!["start.w", "penalty.lambda", "penalty.k"], 0..=2).prop_map(texts).boxed()
}

fn zip() -> Trees {
    let list = |paths| Just(texts(paths)).boxed();
    let lists = [list(vec!["start.w", "penalty.k"]), list(vec!["penalty.lambda", "optimizer.learning_rate"])];
    subsequence(lists.to_vec(), 0..=2).prop_flat_map(|lists| lists).prop_map(List).boxed()
}

fn sample() -> Trees {
    table([needed("count", integer(1..5)), optional("seed", integer(0..9))])
}

fn report() -> Trees {
    table([optional("pool", pool()), optional("maps", list(map(), 0..3))])
}

fn spec() -> Trees {
    table([
        needed("name", select(vec!["a", "x-1", "lk.family"]).prop_map(Text).boxed()),
        needed("steps", integer(20..3000)),
        prop_oneof![9 => Just(None), 1 => sample().prop_map(|sample| Some(("sample", sample)))].boxed(),
        prop_oneof![6 => Just(None), 1 => zip().prop_map(|zip| Some(("zip", zip)))].boxed(),
        optional("problem", role(problem())),
        needed("penalty", role(penalty())),
        needed("optimizer", role(optimizer())),
        needed("start", start()),
        optional("zero", zero()),
        optional("report", report()),
    ])
}

/// A path and what is put there.
type Setting = (String, Tree);

/// A whole role, one of its tables, a parameter of all or of one, and what lies in a parameter.
fn set_of_role(name: &'static str, one: fn() -> Trees, parameter: &'static str) -> BoxedStrategy<Setting> {
    let index = || 0..3_usize;
    prop_oneof![
        role(one()).prop_map(move |value| (name.to_owned(), value)),
        (index(), one()).prop_map(move |(index, value)| (format!("{name}.{index}"), value)),
        axis().prop_map(move |value| (format!("{name}.{parameter}"), value)),
        (index(), axis()).prop_map(move |(index, value)| (format!("{name}.{index}.{parameter}"), value)),
        (inside_axis(), number()).prop_map(move |(inside, value)| (format!("{name}.{parameter}.{inside}"), value)),
        (index(), inside_axis(), number())
            .prop_map(move |(index, inside, value)| (format!("{name}.{index}.{parameter}.{inside}"), value)),
    ]
    .boxed()
}

fn inside_axis() -> impl Strategy<Value = &'static str> {
    select(vec!["0", "1", "2", "linspace.0", "geomspace.1", "sobol.0"])
}

fn set() -> BoxedStrategy<Setting> {
    let at = |path: &'static str, values: Trees| values.prop_map(move |value| (path.to_owned(), value)).boxed();
    let whole = prop_oneof![
        at("name", Just(Text("other")).boxed()),
        at("steps", integer(20..3000)),
        at("zip", zip()),
        at("sample", sample()),
        at("start", start()),
        at("start.w", axis()),
        at("start.w.count", integer(1..4)),
        at("start.w.0", number()),
        at("optimizer.kind", optimizer_kind()),
        at("optimizer.0.kind", optimizer_kind()),
    ];
    let rules = prop_oneof![
        at("zero", zero()),
        at("zero.tail", integer(1..20)),
        at("zero.tolerances", tolerances()),
        at("zero.tolerances.0", Just(Number("0.02".to_owned())).boxed()),
        at("report", report()),
        at("report.pool", pool()),
        at("report.maps", list(map(), 0..3)),
        at("report.maps.0", map()),
        at("report.maps.1", map()),
        at("report.maps.facets", facets()),
        at("report.maps.0.facets", facets()),
        at("report.maps.0.facets.0", Just(Text("optimizer")).boxed()),
    ];
    prop_oneof![
        2 => set_of_role("problem", problem, "target"),
        1 => set_of_role("problem", problem, "curvature"),
        2 => set_of_role("penalty", penalty, "lambda"),
        2 => set_of_role("optimizer", optimizer, "learning_rate"),
        1 => whole,
        2 => rules,
    ]
    .boxed()
}

/// What a setting means: the value stands at the path, in every table of a list of tables where no index is given.
fn put(tree: &mut Tree, path: &[&'static str], value: &Tree) {
    let Some((&step, rest)) = path.split_first() else {
        *tree = value.clone();
        return;
    };
    match tree {
        Table(entries) => match entries.iter_mut().find(|(key, _)| *key == step) {
            Some((_, old)) => put(old, rest, value),
            None => {
                let mut new = Table(Vec::new());
                put(&mut new, rest, value);
                entries.push((step, new));
            }
        },
        List(items) => match step.parse::<usize>() {
            Ok(index) => put(&mut items[index], rest, value),
            Err(_) => items.iter_mut().for_each(|item| put(item, path, value)),
        },
        Number(_) | Text(_) => panic!("nothing lies below {tree:?}"),
    }
}

/// Writes trees, each part in a way that the dice choose.
struct Writer<'a> {
    dice: std::iter::Cycle<std::slice::Iter<'a, u8>>,
}

impl Writer<'_> {
    fn new(dice: &[u8]) -> Writer<'_> {
        Writer { dice: dice.iter().cycle() }
    }

    /// The first of `ways` is the plainest, and all that a die of 0 chooses.
    fn choose<T: Copy>(&mut self, ways: &[T]) -> T {
        ways[usize::from(*self.dice.next().expect("dice")) % ways.len()]
    }

    /// A whole file.
    fn toml(&mut self, spec: &Tree) -> String {
        let Table(entries) = spec else { panic!("a spec is a table") };
        let mut sections = Vec::new();
        let values = self.table("", entries, &mut sections);
        for last in (1..sections.len()).rev() {
            let other = last - self.choose(&[0, 1, 2, 3]).min(last);
            sections.swap(last, other);
        }
        let end = self.choose(&["", "\n", "# the end"]);
        let text = format!("# the question\n\n{values}{}{end}", sections.concat());
        match self.choose(&["\n", "\n", "\r\n"]) {
            "\n" => text,
            newline => text.replace('\n', newline),
        }
    }

    /// The lines of a table; what stands under headers of its own goes to `sections`.
    fn table(&mut self, path: &str, entries: &[(&str, Tree)], sections: &mut Vec<String>) -> String {
        let mut lines = String::new();
        for (key, value) in entries {
            let key = self.key(key);
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match (value, self.choose(&[0, 1, 2])) {
                (Table(entries), 1) => self.section(&path, entries, sections),
                (List(tables), 1) if !tables.is_empty() && tables.iter().all(|item| matches!(item, Table(_))) => {
                    let section = tables.iter().map(|table| self.element(&path, table)).collect();
                    sections.push(section);
                }
                (Table(entries), 2) => self.dotted(&key, entries, &mut lines),
                _ => self.line(&key, value, &mut lines),
            }
        }
        lines
    }

    /// `[path]`, which may be left out where it has no lines of its own.
    fn section(&mut self, path: &str, entries: &[(&str, Tree)], sections: &mut Vec<String>) {
        let before = sections.len();
        let lines = self.table(path, entries, sections);
        let is_implied = lines.is_empty() && sections.len() > before;
        if !(is_implied && self.choose(&[false, true])) {
            let (above, beside) = (self.comment_lines(), self.comment());
            sections.push(format!("{above}[{path}]{beside}\n{lines}"));
        }
    }

    /// `[[path]]`.
    fn element(&mut self, path: &str, table: &Tree) -> String {
        let Table(entries) = table else { panic!("a table") };
        let mut sections = Vec::new();
        let lines = self.table(path, entries, &mut sections);
        let (above, beside) = (self.comment_lines(), self.comment());
        format!("{above}[[{path}]]{beside}\n{lines}{}", sections.concat())
    }

    fn dotted(&mut self, prefix: &str, entries: &[(&str, Tree)], lines: &mut String) {
        if entries.is_empty() {
            self.line(prefix, &Table(Vec::new()), lines);
        }
        for (key, value) in entries {
            let path = format!("{prefix}{}{}", self.choose(&[".", " . "]), self.key(key));
            match (value, self.choose(&[0, 1])) {
                (Table(entries), 1) => self.dotted(&path, entries, lines),
                _ => self.line(&path, value, lines),
            }
        }
    }

    fn line(&mut self, path: &str, value: &Tree, lines: &mut String) {
        let (above, indent, equals) =
            (self.comment_lines(), self.choose(&["", "  ", "\t"]), self.choose(&[" = ", "=", "   =  "]));
        let (value, beside) = (self.value(value), self.comment());
        *lines += &format!("{above}{indent}{path}{equals}{value}{beside}\n");
    }

    fn comment_lines(&mut self) -> &'static str {
        self.choose(&["", "\n", "# above\n", "\n# above [x] = \"\n\n"])
    }

    fn comment(&mut self) -> &'static str {
        self.choose(&["", "", "  # beside"])
    }

    fn key(&mut self, key: &str) -> String {
        let quote = self.choose(&["", "", "\"", "'"]);
        format!("{quote}{key}{quote}")
    }

    fn value(&mut self, value: &Tree) -> String {
        match value {
            Number(digits) => digits.clone(),
            Text(text) => {
                let quote = self.choose(&["\"", "'", "\"\"\"", "'''"]);
                format!("{quote}{text}{quote}")
            }
            List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.value(item)).collect();
                self.enclose("[", items, "]")
            }
            Table(entries) => {
                let mut items = Vec::new();
                for (key, value) in entries {
                    let key = self.key(key);
                    self.pairs(&key, value, &mut items);
                }
                self.enclose("{", items, "}")
            }
        }
    }

    /// The pairs of an inline table.
    fn pairs(&mut self, path: &str, value: &Tree, pairs: &mut Vec<String>) {
        match (value, self.choose(&[0, 1])) {
            (Table(entries), 1) if !entries.is_empty() => {
                for (key, value) in entries {
                    let path = format!("{path}.{}", self.key(key));
                    self.pairs(&path, value, pairs);
                }
            }
            _ => {
                let equals = self.choose(&[" = ", "="]);
                pairs.push(format!("{path}{equals}{}", self.value(value)));
            }
        }
    }

    fn enclose(&mut self, open: &str, items: Vec<String>, close: &str) -> String {
        let (comma, pad, last) = self.choose(&[
            (", ", "", ""),
            (",", " ", ""),
            (" , ", "  ", ","),
            (",  # x\n ", "\n", ","),
            (",\n# y\n", "# z\n", ""),
        ]);
        let last = if items.is_empty() { "" } else { last };
        // A comment must not swallow what closes the value.
        let pad_end = if pad.starts_with('#') { "\n" } else { pad };
        format!("{open}{pad}{}{last}{pad_end}{close}", items.join(comma))
    }
}

fn json(tree: &Tree) -> String {
    match tree {
        Number(digits) => digits.clone(),
        Text(text) => format!("{text:?}"),
        List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Table(entries) => {
            let pairs: Vec<String> = entries.iter().map(|(key, value)| format!("{key:?}: {}", json(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

/// Fails where the spec as run, the text as saved and the tree with the settings in it do not have one hash. Says whether
/// the spec was good.
fn check(spec: &Tree, settings: &[Setting], dice: &[u8], format: Format) -> Result<bool, String> {
    let mut writer = Writer::new(dice);
    let text = if format == Format::Json { json(spec) } else { writer.toml(spec) };
    let sets: Vec<String> = settings.iter().map(|(path, value)| format!("{path}={}", writer.value(value))).collect();
    let shown = || format!("{text}\n--- set\n{}", sets.join("\n"));
    let run = match parse(&text, format, &sets) {
        Ok(run) => run,
        Err(error) if error.contains("not valid") => return Err(format!("{}\n--- error\n{error}", shown())),
        Err(_) => return Ok(false),
    };
    let mut edited = spec.clone();
    for (path, value) in settings {
        let path: Vec<&'static str> = path.split('.').map(|step| &*step.to_owned().leak()).collect();
        put(&mut edited, &path, value);
    }
    let saved = || format!("{}\n--- saved\n{}", shown(), run.text);
    let meant = parse(&json(&edited), Format::Json, &[])?;
    if meant.spec.hash() != run.spec.hash() {
        return Err(format!("{}\n--- meant\n{}", saved(), meant.text));
    }
    let again = parse(&run.text, Format::Toml, &[]).map_err(|error| format!("{}\n--- error\n{error}", saved()))?;
    if again.spec.hash() != run.spec.hash() || again.text != run.text {
        return Err(format!("{}\n--- reads as\n{}", saved(), again.text));
    }
    if format == Format::Toml && !run.text.starts_with("# the question") && keeps_first(&text, settings) {
        return Err(format!("{}\n--- the comment is lost", saved()));
    }
    Ok(true)
}

/// Whether no setting touches what stands below the first comment.
fn keeps_first(text: &str, settings: &[Setting]) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).expect("a line");
    let first = first.trim_start_matches(['[', '"', '\'']);
    settings.iter().all(|(path, _)| !first.starts_with(path.split('.').next().expect("a key")))
}

#[test]
fn a_table_of_an_array_is_replaced_in_its_place() {
    let text = "name = 'x'\nsteps = 9\nstart.w = 1\noptimizer = { kind = 'proximal', learning_rate = 0.1 }\n\
                penalty = { kind = 'lk', k = 1, lambda = 2 }\n\
                # at rest\n[[problem]]\nkind = 'none'\n\
                # pulled\n[[problem]] # twice\nkind = 'quadratic'\ntarget = 3.0 # far\n";
    let edited = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        parse(text, Format::Toml, &sets).unwrap_or_else(|error| panic!("{error}")).text
    };
    let pulled = text.replace("'quadratic'\ntarget = 3.0", "\"quadratic\"\ntarget = 7.0") + "curvature = 2\n";
    assert_eq!(edited(&["problem.1={kind='quadratic',target=7.0,curvature=2}"]), pulled);
    let swapped = text.replace("'quadratic'\ntarget = 3.0 # far", "\"none\"");
    let swapped = swapped.replace("'none'", "\"quadratic\"\ntarget = [1, 2]");
    assert_eq!(edited(&["problem.1={kind='none'}", "problem.0={kind='quadratic',target=[1,2]}"]), swapped);
}

#[test]
fn what_is_saved_is_what_was_run() {
    let cases = 2000;
    let good = Cell::new(0);
    let config = Config { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() };
    let format = select(vec![Format::Toml, Format::Toml, Format::Toml, Format::Json]);
    let dice = prop::collection::vec(any::<u8>(), 1..60);
    let inputs = (spec(), prop::collection::vec(set(), 0..4), dice, format);
    let result = TestRunner::new(config).run(&inputs, |(spec, settings, dice, format)| {
        let is_good = check(&spec, &settings, &dice, format).map_err(TestCaseError::fail)?;
        good.set(good.get() + u32::from(is_good));
        Ok(())
    });
    if let Err(TestError::Fail(reason, _)) = result {
        panic!("{reason}");
    }
    // Settings may miss, or make two alternatives alike; a test of refused specs alone would be none.
    assert!(good.get() > cases / 4, "{} of {cases} specs are good", good.get());
}
