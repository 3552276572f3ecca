//! Malformed specs and what is said about them, to the letter.

use std::fs;
use zerosweep::member::FAMILY;
use zerosweep::spec::{Format, Spec};

/// A good spec, one key a line.
const GOOD: [&str; 5] = [
    r#"name = "x""#,
    "steps = 100",
    r#"penalty = { kind = "lk", k = 1.0, lambda = 0.1 }"#,
    r#"optimizer = { kind = "proximal", learning_rate = 0.1 }"#,
    "start = { w = 1.0 }",
];

struct Case {
    name: &'static str,
    /// Each takes the place of the line of [`GOOD`] with the same key, or is added at the end; `-key` removes the line.
    lines: &'static [&'static str],
    sets: &'static [&'static str],
    /// The whole message, after a line break that keeps its first line in the left margin.
    error: &'static str,
}

fn key(line: &str) -> &str {
    line.split(" =").next().unwrap_or(line)
}

fn spec(changes: &[&str]) -> String {
    let mut lines = GOOD.to_vec();
    let mut added = Vec::new();
    for change in changes {
        if let Some(removed) = change.strip_prefix('-') {
            lines.retain(|line| key(line) != removed);
        } else if let Some(line) = lines.iter_mut().find(|line| key(line) == key(change)) {
            *line = change;
        } else {
            added.push(*change);
        }
    }
    lines.extend(added);
    lines.join("\n") + "\n"
}

fn error_of(text: &str, format: Format, sets: &[&str]) -> String {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let name = if format == Format::Json { "x.json" } else { "x.toml" };
    match Spec::parse(text, format, name, &sets) {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_unchanged_spec_is_good() {
    assert_eq!(error_of(&spec(&[]), Format::Toml, &[]), "no error");
}

#[test]
fn every_malformed_spec_is_told_what_is_wrong_and_where() {
    let wrong: Vec<String> = CASES
        .iter()
        .filter_map(|case| {
            let error = error_of(&spec(case.lines), Format::Toml, case.sets);
            let expected = &case.error[1..];
            (error != expected).then(|| format!("{}\n--- expected\n{expected}\n--- found\n{error}", case.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n\n{}", wrong.len(), CASES.len(), wrong.join("\n\n"));
}

/// The kinds as an error lists them. The members grow in number, so these lists cannot stand in the table below.
fn kinds<K: Copy>(all: &[K], name: impl Fn(K) -> &'static str) -> String {
    let quoted: Vec<String> = all.iter().map(|&kind| format!("`{}`", name(kind))).collect();
    quoted.join(", ")
}

#[test]
fn a_missing_role_lists_its_kinds() {
    let expected = format!(
        "the spec needs the key `penalty`: a table, or an array of tables
  --> x.toml
   = help: add [penalty] with a `kind`; the kinds are: {}",
        kinds(&FAMILY.all_penalties(), |row| row.member.kind)
    );
    assert_eq!(error_of(&spec(&["-penalty"]), Format::Toml, &[]), expected);
}

#[test]
fn a_missing_kind_lists_the_kinds() {
    let expected = format!(
        "`optimizer` needs the key `kind`: which optimizer it is
  --> x.toml:4:13
   |
 4 | optimizer = {{ learning_rate = 0.1 }}
   |             ^^^^^^^^^^^^^^^^^^^^^^^
   = help: the kinds are: {}",
        kinds(FAMILY.optimizers, |row| row.member.kind)
    );
    let text = spec(&["optimizer = { learning_rate = 0.1 }"]);
    assert_eq!(error_of(&text, Format::Toml, &[]), expected);
}

#[test]
fn an_unknown_kind_that_is_near_none_lists_the_kinds() {
    let expected = format!(
        "unknown kind \"rosenbrock-banana\" of `problem`
  --> x.toml:6:20
   |
 6 | problem = {{ kind = \"rosenbrock-banana\" }}
   |                    ^^^^^^^^^^^^^^^^^^^
   = help: the kinds are: {}",
        kinds(&FAMILY.all_problems(), |row| row.member.kind)
    );
    let text = spec(&[r#"problem = { kind = "rosenbrock-banana" }"#]);
    assert_eq!(error_of(&text, Format::Toml, &[]), expected);
}

const GOOD_JSON: &str = r#"{
  "name": "x",
  "steps": 100,
  "penalty": { "kind": "lk", "k": 1, "lambda": 0.1 },
  "optimizer": { "kind": "proximal", "learning_rate": 0.1 },
  "start": { "w": 1 }
}"#;

#[test]
fn errors_point_into_json_too() {
    assert_eq!(error_of(GOOD_JSON, Format::Json, &[]), "no error");
    let cases = [
        (
            r#""steps": 100"#,
            r#""steps": 100.5"#,
            r#"
`steps` must be an integer from 1 to 2000000000, found 100.5
  --> x.json:3:12
   |
 3 |   "steps": 100.5,
   |            ^^^^^"#,
        ),
        (
            r#""steps": 100,"#,
            r#""steps": 100"#,
            r#"
this is not valid JSON: expected `,` or `}`
  --> x.json:4:3
   |
 4 |   "penalty": { "kind": "lk", "k": 1, "lambda": 0.1 },
   |   ^"#,
        ),
        (
            r#""k": 1"#,
            r#""k": 1, "k": 2"#,
            r#"
the key "k" is given twice
  --> x.json:4:38
   |
 4 |   "penalty": { "kind": "lk", "k": 1, "k": 2, "lambda": 0.1 },
   |                                      ^^^"#,
        ),
        (
            r#"0.1 }"#,
            r#"null }"#,
            r#"
`penalty.lambda` must be a number, a list, a table or an expression, found null
  --> x.json:4:48
   |
 4 |   "penalty": { "kind": "lk", "k": 1, "lambda": null },
   |                                                ^^^^
   = help: a table generates numbers, for example { linspace = [0.0, 1.0, 11] }"#,
        ),
        (
            r#""w": 1"#,
            r#""w": [1, -1e39]"#,
            r#"
`start.w` is -1e39, but f32 cannot hold it: its largest is 3.4028235e38
  --> x.json:6:23
   |
 6 |   "start": { "w": [1, -1e39] }
   |                       ^^^^^"#,
        ),
        (
            r#""lk""#,
            r#""\ud800""#,
            r#"
this is not valid JSON: unexpected end of hex escape
  --> x.json:4:31
   |
 4 |   "penalty": { "kind": "\ud800", "k": 1, "lambda": 0.1 },
   |                               ^"#,
        ),
        (
            r#""lambda": 0.1"#,
            r#""lambda": NaN"#,
            r#"
this is not valid JSON: expected value
  --> x.json:4:48
   |
 4 |   "penalty": { "kind": "lk", "k": 1, "lambda": NaN },
   |                                                ^"#,
        ),
    ];
    for (old, new, expected) in cases {
        let text = GOOD_JSON.replacen(old, new, 1);
        assert_ne!(text, GOOD_JSON);
        assert_eq!(error_of(&text, Format::Json, &[]), &expected[1..]);
    }
}

#[test]
fn a_number_of_thousands_of_digits_is_shortened() {
    let digits = "1234567890".repeat(500);
    let error_of = |old: &str, new: &str| {
        let error = error_of(&GOOD_JSON.replacen(old, new, 1), Format::Json, &[]);
        error.lines().take(2).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        error_of("100", &digits),
        "`steps` must be an integer from 1 to 2000000000, found 12345678901234567890... (5000 digits)\n  --> x.json:3:12"
    );
    assert_eq!(
        error_of("100", &format!("-{digits}.5e7")),
        "`steps` must be an integer from 1 to 2000000000, found -1234567890123456789... (5002 digits)\n  --> x.json:3:12"
    );
    assert_eq!(
        error_of("0.1 }", &format!("{digits} }}")),
        "`penalty.lambda` is 12345678901234567890... (5000 digits), but f32 cannot hold it: its largest is 3.4028235e38\n  \
         --> x.json:4:48"
    );
    assert_eq!(
        error_of("0.1 }", &format!("-{digits} }}")),
        "`penalty.lambda` must be a number of at least 0, found -1234567890123456789... (5000 digits)\n  --> x.json:4:48"
    );
    // Digits that change nothing are no error.
    assert_eq!(error_of("0.1 }", &format!("0.1{} }}", "0".repeat(5000))), "no error");
    assert_eq!(
        error_of("100", "1e400"),
        "`steps` must be an integer from 1 to 2000000000, found 1e400\n  --> x.json:3:12"
    );
    assert_eq!(
        error_of("0.1 }", "1e-400 }"),
        "`penalty.lambda` is 1e-400, but f32 cannot hold it: its smallest is 1.1754944e-38\n  --> x.json:4:48"
    );
}

#[test]
fn a_byte_order_mark_and_carriage_returns_move_nothing() {
    let text = format!("\u{feff}{}", spec(&["steps = -1"]).replace('\n', "\r\n"));
    let expected = "`steps` must be an integer from 1 to 2000000000, found -1
  --> x.toml:2:9
   |
 2 | steps = -1
   |         ^^";
    assert_eq!(error_of(&text, Format::Toml, &[]), expected);
    let early = text.replace("name = \"x\"", "name = 7");
    let expected = "`name` must be a string, found 7
  --> x.toml:1:8
   |
 1 | name = 7
   |        ^
   = help: write \"7\"";
    assert_eq!(error_of(&early, Format::Toml, &[]), expected);
}

#[test]
fn files_that_cannot_be_read_are_told_apart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let load = |name: &str, bytes: Option<&[u8]>| {
        let path = folder.path().join(name);
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).expect("a temporary file");
        }
        let error = Spec::load(&path, &[]).expect_err("no spec");
        error.to_string().replace(&path.display().to_string(), "FILE")
    };
    assert_eq!(load("missing.toml", None), "cannot read FILE: there is no such file");
    assert_eq!(load("", None), "cannot read FILE: it is a folder, not a file");
    assert_eq!(
        load("latin1.toml", Some(b"steps = 1\nname = \"\xe9\"\n")),
        "cannot read FILE: line 2 is not UTF-8\n   = help: save the file as UTF-8"
    );
    assert_eq!(
        load("empty.json", Some(b"")),
        "this is not valid JSON: EOF while parsing a value
  --> FILE:1:1
   |
 1 |
   | ^"
    );
}

/// `text` with `depth` openings and, at the bottom of them, `bottom`.
fn nest(open: &str, depth: usize, bottom: &str, close: &str) -> String {
    open.repeat(depth) + bottom + &close.repeat(depth)
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    // The parser bounds the parts of a key, and the tables in each other, but not their product.
    let long_key = vec!["a"; 79].join(".");
    let long_keys = nest(&format!("{long_key} = {{ "), 79, "a = 1", " }");
    assert!(error_of(&long_keys, Format::Toml, &[]).contains("nested more than 32 deep"));
    for depth in [34, 79, 80, 100, 100_000] {
        let dotted = vec!["a"; depth].join(".");
        let deep_toml = [
            format!("{dotted}.a = 1"),
            format!("[{dotted}]"),
            format!("[[{dotted}]]"),
            format!("a = {}", nest("[", depth, "", "]")),
            format!("a = {}", nest("[", depth, "", "")),
            format!("a = {}", nest("{a=", depth, "1", "}")),
            format!("a = {}", nest("{a=[", depth, "1", "]}")),
        ];
        for text in &deep_toml {
            let error = error_of(text, Format::Toml, &[]);
            assert!(error.contains("nested more than 32 deep") || error.contains("not valid TOML"), "{error}");
            assert!(error.contains("\n  --> x.toml:1:"), "{error}");
        }
        let deep_json = [
            nest("[", depth, "", "]"),
            nest("[", depth, "", ""),
            nest("{\"a\":", depth, "1", "}"),
            nest("[{\"a\":", depth, "1", "}]"),
        ];
        for text in &deep_json {
            let error = error_of(text, Format::Json, &[]);
            assert!(error.contains("nested more than 32 deep") || error.contains("not valid JSON"), "{error}");
            assert!(error.contains("\n  --> x.json:1:"), "{error}");
        }
        let good = spec(&[]);
        let deep_sets = deep_toml.map(|text| text.replacen(" = ", "=", 1));
        for set in deep_sets.iter().filter(|set| set.contains('=')) {
            let error = error_of(&good, Format::Toml, &[set]);
            assert!(error.contains(" deep") || error.contains("not valid TOML"), "{error}");
            assert!(error.contains("\n  --> command line\n"), "{error}");
        }
    }
}

#[test]
fn a_key_that_goes_too_deep_is_shown() {
    for parts in [34, 79, 80, 100, 100_000] {
        // Neither a comment nor a list of floats is taken for it.
        let good = spec(&[]) + &"# ...".repeat(50) + "\nzero = { tolerances = [1.5, 0.1, 0.01] }\n";
        let error = error_of(&format!("{good}aa{} = 1", ".aa".repeat(parts - 1)), Format::Toml, &[]);
        let lines: Vec<&str> = error.lines().collect();
        assert_eq!(lines[..2], ["values are nested more than 32 deep", "  --> x.toml:8:97"]);
        assert!(lines[3].starts_with(" 8 | ...") && lines[3].contains(".aa.aa.aa"), "{error}");
        let caret = lines[4].find('^').expect("a caret");
        assert_eq!((&lines[3][caret - 1..caret + 2], &lines[4][caret..]), (".aa", "^^"), "{error}");
        assert_eq!(lines[5], "   = help: no key of a spec lies this deep");
    }
}

const CASES: &[Case] = &[
    Case {
        name: "an unknown top level key",
        lines: &["stepz = 5"],
        sets: &[],
        error: r#"
unknown key `stepz`
  --> x.toml:6:1
   |
 6 | stepz = 5
   | ^^^^^
   = help: did you mean `steps`?"#,
    },
    Case {
        name: "an unknown key that is near none",
        lines: &["threads = 8"],
        sets: &[],
        error: r#"
unknown key `threads`
  --> x.toml:6:1
   |
 6 | threads = 8
   | ^^^^^^^
   = help: the keys here are: `name`, `steps`, `zip`, `sample`, `problem`, `penalty`, `optimizer`, `start`, `stop`, `zero`, `report`, `$schema`"#,
    },
    Case {
        name: "an unknown parameter",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lamda = 0.1 }"#],
        sets: &[],
        error: r#"
unknown key `lamda` in `penalty`
  --> x.toml:3:35
   |
 3 | penalty = { kind = "lk", k = 1.0, lamda = 0.1 }
   |                                   ^^^^^
   = help: did you mean `lambda`?"#,
    },
    Case {
        name: "an unknown parameter that is near none",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = 0.1, weight = 2 }"#],
        sets: &[],
        error: r#"
unknown key `weight` in `penalty`
  --> x.toml:3:49
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = 0.1, weight = 2 }
   |                                                 ^^^^^^
   = help: the keys here are: `kind`, `k`, `lambda`"#,
    },
    Case {
        name: "no name",
        lines: &["-name"],
        sets: &[],
        error: r#"
the spec needs the key `name`: the sweep and its result folder are called by it
  --> x.toml
   = help: add name = "first-sweep" above the first [table]"#,
    },
    Case {
        name: "no steps",
        lines: &["-steps"],
        sets: &[],
        error: r#"
the spec needs the key `steps`: how many updates a trajectory has
  --> x.toml
   = help: add steps = 2000 above the first [table]"#,
    },
    Case {
        name: "no start",
        lines: &["-start"],
        sets: &[],
        error: r#"
the spec needs the key `start`: the starting weight
  --> x.toml
   = help: add [start] with w = 1.0 or w = { uniform = [-5.0, 5.0], count = 64 }"#,
    },
    Case {
        name: "no lambda in a table with a header",
        lines: &["-penalty", "[penalty]", r#"kind = "lk""#, "k = 2.0"],
        sets: &[],
        error: r#"
`penalty` needs the key `lambda`: strength of the penalty, a number of at least 0
  --> x.toml:5:1
   |
 5 | [penalty]
   | ^^^^^^^^^
   = help: add a line such as lambda = 1.0"#,
    },
    Case {
        name: "no target",
        lines: &[r#"problem = { kind = "quadratic" }"#],
        sets: &[],
        error: r#"
`problem` needs the key `target`: weight at which the loss is least, a finite number
  --> x.toml:6:11
   |
 6 | problem = { kind = "quadratic" }
   |           ^^^^^^^^^^^^^^^^^^^^^^
   = help: add a line such as target = 1.0"#,
    },
    Case {
        name: "a name that is a path",
        lines: &[r#"name = "../escape""#],
        sets: &[],
        error: r#"
`name` must be 1 to 100 letters, digits, `.`, `_` or `-`, the first not `.` or `-`, found "../escape"
  --> x.toml:1:8
   |
 1 | name = "../escape"
   |        ^^^^^^^^^^^
   = help: results are written to a folder of this name"#,
    },
    Case {
        name: "a name that is a number",
        lines: &["name = 2024"],
        sets: &[],
        error: r#"
`name` must be a string, found 2024
  --> x.toml:1:8
   |
 1 | name = 2024
   |        ^^^^
   = help: write "2024""#,
    },
    Case {
        name: "a name that is empty",
        lines: &[r#"name = """#],
        sets: &[],
        error: r#"
`name` must be 1 to 100 letters, digits, `.`, `_` or `-`, the first not `.` or `-`, found ""
  --> x.toml:1:8
   |
 1 | name = ""
   |        ^^
   = help: results are written to a folder of this name"#,
    },
    Case {
        name: "no steps at all",
        lines: &["steps = 0"],
        sets: &[],
        error: r#"
`steps` must be an integer from 1 to 2000000000, found 0
  --> x.toml:2:9
   |
 2 | steps = 0
   |         ^"#,
    },
    Case {
        name: "steps beyond the limit",
        lines: &["steps = 3_000_000_000"],
        sets: &[],
        error: r#"
`steps` must be an integer from 1 to 2000000000, found 3000000000
  --> x.toml:2:9
   |
 2 | steps = 3_000_000_000
   |         ^^^^^^^^^^^^^"#,
    },
    Case {
        name: "steps between two whole numbers",
        lines: &["steps = 1.5"],
        sets: &[],
        error: r#"
`steps` must be an integer from 1 to 2000000000, found 1.5
  --> x.toml:2:9
   |
 2 | steps = 1.5
   |         ^^^"#,
    },
    Case {
        name: "a whole number below the least",
        lines: &["steps = -1.0"],
        sets: &[],
        error: r#"
`steps` must be an integer from 1 to 2000000000, found -1.0
  --> x.toml:2:9
   |
 2 | steps = -1.0
   |         ^^^^"#,
    },
    Case {
        name: "a whole number of hundreds of digits",
        lines: &["-start", "start.w = { uniform = [0, 1], count = 1e300 }"],
        sets: &[],
        error: r#"
`start.w.count` must be an integer from 1 to 16777216, found 1e300
  --> x.toml:5:39
   |
 5 | start.w = { uniform = [0, 1], count = 1e300 }
   |                                       ^^^^^
   = help: for more trajectories, pool two axes: their product counts"#,
    },
    Case {
        name: "a seed that a float cannot tell from others",
        lines: &["-start", "start.w = { uniform = [0, 1], count = 2, seed = 1e16 }"],
        sets: &[],
        error: r#"
`start.w.seed` must be an integer from 0 to 9223372036854775807, found 1e16
  --> x.toml:5:49
   |
 5 | start.w = { uniform = [0, 1], count = 2, seed = 1e16 }
   |                                                 ^^^^
   = help: write all its digits: with a point or an exponent a number of 2^53 or more is inexact"#,
    },
    Case {
        name: "a tail that is no number",
        lines: &["zero.tail = nan"],
        sets: &[],
        error: r#"
`zero.tail` must be an integer from 1 to 100, found nan
  --> x.toml:6:13
   |
 6 | zero.tail = nan
   |             ^^^"#,
    },
    Case {
        name: "endless steps",
        lines: &[],
        sets: &["steps=inf"],
        error: r#"
`steps` must be an integer from 1 to 2000000000, found inf
  --> command line
   |
   | --set steps=inf
   |             ^^^"#,
    },
    Case {
        name: "a schema that is no text",
        lines: &["\"$schema\" = 5"],
        sets: &[],
        error: r#"
`$schema` must be a string, found 5
  --> x.toml:6:13
   |
 6 | "$schema" = 5
   |             ^
   = help: write "5""#,
    },
    Case {
        name: "a section that is a number",
        lines: &["penalty = 5"],
        sets: &[],
        error: r#"
`penalty` must be a table or an array of tables, found 5
  --> x.toml:3:11
   |
 3 | penalty = 5
   |           ^"#,
    },
    Case {
        name: "an empty array of tables",
        lines: &["penalty = []"],
        sets: &[],
        error: r#"
`penalty` must be a table or an array of tables, found an empty list
  --> x.toml:3:11
   |
 3 | penalty = []
   |           ^^"#,
    },
    Case {
        name: "an array of numbers for tables",
        lines: &["penalty = [1, 2]"],
        sets: &[],
        error: r#"
`penalty` must be a table, found 1
  --> x.toml:3:12
   |
 3 | penalty = [1, 2]
   |            ^"#,
    },
    Case {
        name: "a misspelt kind",
        lines: &[r#"optimizer = { kind = "proximl", learning_rate = 0.1 }"#],
        sets: &[],
        error: r#"
unknown kind "proximl" of `optimizer`
  --> x.toml:4:22
   |
 4 | optimizer = { kind = "proximl", learning_rate = 0.1 }
   |                      ^^^^^^^^^
   = help: did you mean `proximal`?"#,
    },
    Case {
        name: "a kind that is a number",
        lines: &["penalty = { kind = 1, k = 1.0, lambda = 0.1 }"],
        sets: &[],
        error: r#"
`penalty.kind` must be a string or a list of strings, found 1
  --> x.toml:3:20
   |
 3 | penalty = { kind = 1, k = 1.0, lambda = 0.1 }
   |                    ^"#,
    },
    Case {
        name: "an empty list of kinds",
        lines: &["optimizer = { kind = [], learning_rate = 0.1 }"],
        sets: &[],
        error: r#"
`optimizer.kind` must be a string or a list of strings, found an empty list
  --> x.toml:4:22
   |
 4 | optimizer = { kind = [], learning_rate = 0.1 }
   |                      ^^"#,
    },
    Case {
        name: "a kind named twice",
        lines: &[r#"optimizer = { kind = ["proximal", "proximal"], learning_rate = 0.1 }"#],
        sets: &[],
        error: r#"
`optimizer.kind` names "proximal" twice
  --> x.toml:4:35
   |
 4 | optimizer = { kind = ["proximal", "proximal"], learning_rate = 0.1 }
   |                                   ^^^^^^^^^^"#,
    },
    Case {
        name: "kinds with different keys",
        lines: &[r#"problem = { kind = ["none", "quadratic"], target = 1.0 }"#],
        sets: &[],
        error: r#"
the kinds of one `problem` must take the same keys, but `none` takes none and `quadratic` takes `curvature`, `target`
  --> x.toml:6:29
   |
 6 | problem = { kind = ["none", "quadratic"], target = 1.0 }
   |                             ^^^^^^^^^^^
   = help: give each kind a [[problem]] table of its own"#,
    },
    Case {
        name: "a negative lambda",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = -1.0 }"#],
        sets: &[],
        error: r#"
`penalty.lambda` must be a number of at least 0, found -1.0
  --> x.toml:3:44
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = -1.0 }
   |                                            ^^^^"#,
    },
    Case {
        name: "a zero learning rate in a list",
        lines: &[r#"optimizer = { kind = "proximal", learning_rate = [0.1, 0] }"#],
        sets: &[],
        error: r#"
`optimizer.learning_rate` must be a number greater than 0, found 0
  --> x.toml:4:56
   |
 4 | optimizer = { kind = "proximal", learning_rate = [0.1, 0] }
   |                                                        ^"#,
    },
    Case {
        name: "not a number",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = nan }"#],
        sets: &[],
        error: r#"
`penalty.lambda` must be a finite number, found nan
  --> x.toml:3:44
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = nan }
   |                                            ^^^"#,
    },
    Case {
        name: "an infinite value",
        lines: &["start = { w = -inf }"],
        sets: &[],
        error: r#"
`start.w` must be a finite number, found -inf
  --> x.toml:5:15
   |
 5 | start = { w = -inf }
   |               ^^^^"#,
    },
    Case {
        name: "a value above f32",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = 1e39 }"#],
        sets: &[],
        error: r#"
`penalty.lambda` is 1e39, but f32 cannot hold it: its largest is 3.4028235e38
  --> x.toml:3:44
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = 1e39 }
   |                                            ^^^^"#,
    },
    Case {
        name: "a value below f32",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = 1e-60 }"#],
        sets: &[],
        error: r#"
`penalty.lambda` is 1e-60, but f32 cannot hold it: its smallest is 1.1754944e-38
  --> x.toml:3:44
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = 1e-60 }
   |                                            ^^^^^"#,
    },
    Case {
        name: "a value above f64",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = 1e4_00 }"#],
        sets: &[],
        error: r#"
`penalty.lambda` is 1e400, but f32 cannot hold it: its largest is 3.4028235e38
  --> x.toml:3:44
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = 1e4_00 }
   |                                            ^^^^^^"#,
    },
    Case {
        name: "a value below the least f64",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { linspace = [-1e400, 1.0, 3] } }"#],
        sets: &[],
        error: r#"
`penalty.lambda.linspace` must be a number of at least 0, found -1e400
  --> x.toml:3:58
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { linspace = [-1e400, 1.0, 3] } }
   |                                                          ^^^^^^"#,
    },
    Case {
        name: "a value that f64 rounds to zero",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = [0.0, 0e5, -0.0, 2e-400] }"#],
        sets: &[],
        error: r#"
`penalty.lambda` is 2e-400, but f32 cannot hold it: its smallest is 1.1754944e-38
  --> x.toml:3:61
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = [0.0, 0e5, -0.0, 2e-400] }
   |                                                             ^^^^^^"#,
    },
    Case {
        name: "a negative value that f64 rounds to zero",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = -2e-400 }"#],
        sets: &[],
        error: r#"
`penalty.lambda` must be a number of at least 0, found -2e-400
  --> x.toml:3:44
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = -2e-400 }
   |                                            ^^^^^^^"#,
    },
    Case {
        name: "a subnormal value",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = 1e-39 }"#],
        sets: &[],
        error: r#"
`penalty.lambda` is 1e-39, but f32 cannot hold it: its smallest is 1.1754944e-38
  --> x.toml:3:44
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = 1e-39 }
   |                                            ^^^^^"#,
    },
    Case {
        name: "a string for a number",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = "strong" }"#],
        sets: &[],
        error: r#"
`penalty.lambda` uses `strong`, which this spec does not have
  --> x.toml:3:45
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = "strong" }
   |                                             ^^^^^^
   = help: it has: `penalty.k`, `penalty.lambda`, `optimizer.learning_rate`, `start.w`, `problem.d0`"#,
    },
    Case {
        name: "an expression of a misspelt path",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = "0.1 / optimizer.learning_rat" }"#],
        sets: &[],
        error: r#"
`penalty.lambda` uses `optimizer.learning_rat`, which this spec does not have
  --> x.toml:3:51
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = "0.1 / optimizer.learning_rat" }
   |                                                   ^^^^^^^^^^^^^^^^^^^^^^
   = help: did you mean `optimizer.learning_rate`?"#,
    },
    Case {
        name: "an expression that ends too soon",
        lines: &[],
        sets: &["penalty.lambda='0.1 /'"],
        error: r#"
the expression of `penalty.lambda` ends where a number, a path or `(` should follow
  --> command line
   |
   | --set penalty.lambda='0.1 /'
   |                            ^
   = help: an expression has numbers, paths such as optimizer.learning_rate, + - * / ^, abs() and parentheses"#,
    },
    Case {
        name: "an empty expression",
        lines: &[r#"start = { w = "" }"#],
        sets: &[],
        error: r#"
the expression of `start.w` ends where a number, a path or `(` should follow
  --> x.toml:5:15
   |
 5 | start = { w = "" }
   |               ^
   = help: an expression has numbers, paths such as optimizer.learning_rate, + - * / ^, abs() and parentheses"#,
    },
    Case {
        name: "an expression with a call",
        lines: &[r#"start = { w = "sqrt(penalty.k)" }"#],
        sets: &[],
        error: r#"
the expression of `start.w` has a `(` where an operator should follow
  --> x.toml:5:20
   |
 5 | start = { w = "sqrt(penalty.k)" }
   |                    ^
   = help: an expression has numbers, paths such as optimizer.learning_rate, + - * / ^, abs() and parentheses"#,
    },
    Case {
        name: "an expression with a strange character",
        lines: &[r#"start = { w = "2 * %" }"#],
        sets: &[],
        error: r#"
the expression of `start.w` has a `%` where a number, a path or `(` should follow
  --> x.toml:5:20
   |
 5 | start = { w = "2 * %" }
   |                    ^
   = help: an expression has numbers, paths such as optimizer.learning_rate, + - * / ^, abs() and parentheses"#,
    },
    Case {
        name: "an expression with an open parenthesis",
        lines: &[r#"start = { w = "2 * (1 + 3" }"#],
        sets: &[],
        error: r#"
the expression of `start.w` has a `(` that is not closed
  --> x.toml:5:20
   |
 5 | start = { w = "2 * (1 + 3" }
   |                    ^
   = help: an expression has numbers, paths such as optimizer.learning_rate, + - * / ^, abs() and parentheses"#,
    },
    Case {
        name: "an expression with two points in a number",
        lines: &[r#"start = { w = "2 * 1.2.3" }"#],
        sets: &[],
        error: r#"
the expression of `start.w` has `1.2.3`, which is no number of f64
  --> x.toml:5:20
   |
 5 | start = { w = "2 * 1.2.3" }
   |                    ^^^^^
   = help: an expression has numbers, paths such as optimizer.learning_rate, + - * / ^, abs() and parentheses"#,
    },
    Case {
        name: "expressions in a circle",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = "start.w + 1" }"#,
            r#"optimizer = { kind = "proximal", learning_rate = "penalty.lambda / 2" }"#,
            r#"start = { w = "optimizer.learning_rate" }"#,
        ],
        sets: &[],
        error: r#"
`penalty.lambda` depends on itself by way of `optimizer.learning_rate`
  --> x.toml:4:51
   |
 4 | optimizer = { kind = "proximal", learning_rate = "penalty.lambda / 2" }
   |                                                   ^^^^^^^^^^^^^^"#,
    },
    Case {
        name: "a division by zero",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = "0.1 / (start.w - 1)" }"#, "start = { w = [2.0, 1.0] }"],
        sets: &[],
        error: r#"
at start.w = 1.0, `penalty.lambda` has no value: 0.1 / 0.0 is inf
  --> x.toml:3:49
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = "0.1 / (start.w - 1)" }
   |                                                 ^"#,
    },
    Case {
        name: "a derived value outside its domain",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = "start.w * optimizer.learning_rate" }"#,
            "start = { w = [2.0, -1.0] }",
        ],
        sets: &[],
        error: r#"
at start.w = -1.0, optimizer.learning_rate = 0.1, `penalty.lambda` must be a number of at least 0, found -0.10000000149011612
  --> x.toml:3:45
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = "start.w * optimizer.learning_rate" }
   |                                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"#,
    },
    Case {
        name: "a derived value that f32 cannot hold",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = "2 ^ start.w" }"#, "start = { w = [2.0, 200.0] }"],
        sets: &[],
        error: r#"
at start.w = 200.0, `penalty.lambda` is 1.6069380442589903e60, but f32 cannot hold it: its largest is 3.4028235e38
  --> x.toml:3:45
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = "2 ^ start.w" }
   |                                             ^^^^^^^^^^^"#,
    },
    Case {
        name: "an expression over what an alternative has not",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = "problem.target" }"#,
            "[[problem]]",
            r#"kind = "quadratic""#,
            "target = 1.0",
            "[[problem]]",
            r#"kind = "none""#,
        ],
        sets: &[],
        error: r#"
`penalty.lambda` uses `problem.target`, which not every alternative of `problem` has
  --> x.toml:3:45
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = "problem.target" }
   |                                             ^^^^^^^^^^^^^^
   = help: give it to each, or write the parameter as numbers"#,
    },
    Case {
        name: "a derived exponent that follows two axes",
        lines: &[
            r#"penalty = { kind = "lk", k = "start.w + optimizer.learning_rate", lambda = 1.0 }"#,
            r#"optimizer = { kind = "proximal", learning_rate = [0.1, 0.2] }"#,
            "start = { w = [2.0, 1.0] }",
        ],
        sets: &[],
        error: r#"
`penalty.k` picks the formula of the penalty, so it can follow one axis, not `optimizer.learning_rate`, `start.w`
  --> x.toml:3:31
   |
 3 | penalty = { kind = "lk", k = "start.w + optimizer.learning_rate", lambda = 1.0 }
   |                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: let these move together by `zip`"#,
    },
    Case {
        name: "a table of a derived parameter that is too large",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = "start.w + optimizer.learning_rate" }"#,
            r#"optimizer = { kind = "proximal", learning_rate = { linspace = [0.1, 0.2, 10000] } }"#,
            "start = { w = { uniform = [1.0, 2.0], count = 10000 } }",
        ],
        sets: &[],
        error: r#"
`penalty.lambda` takes 100000000 values, more than 16777216, one for each of `optimizer.learning_rate`, `start.w` together
  --> x.toml:3:45
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = "start.w + optimizer.learning_rate" }
   |                                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: take fewer values of these, or let them move together by `zip` or `sample`"#,
    },
    Case {
        name: "a pool of a derived parameter",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = "start.w + 1" }"#,
            r#"report = { pool = ["penalty.lambda"] }"#,
        ],
        sets: &[],
        error: r#"
`report.pool` names `penalty.lambda`, which is computed from others
  --> x.toml:6:20
   |
 6 | report = { pool = ["penalty.lambda"] }
   |                    ^^^^^^^^^^^^^^^^
   = help: name what it is computed from: `start.w`"#,
    },
    Case {
        name: "a zip of a derived parameter",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = "start.w + 1" }"#,
            r#"zip = [["start.w", "penalty.lambda"]]"#,
        ],
        sets: &[],
        error: r#"
`zip` names `penalty.lambda`, which is computed from others
  --> x.toml:6:20
   |
 6 | zip = [["start.w", "penalty.lambda"]]
   |                    ^^^^^^^^^^^^^^^^
   = help: name what it is computed from: `start.w`"#,
    },
    Case {
        name: "a map over what varies within a cell",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = "start.w + 1" }"#,
            r#"optimizer = { kind = "proximal", learning_rate = [0.1, 0.2] }"#,
            "start = { w = { uniform = [1.0, 2.0], count = 10 } }",
            r#"report = { maps = [{ x = "penalty.lambda", y = "penalty.k" }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `penalty.lambda`, which varies within a cell: it is computed from what is pooled
  --> x.toml:6:26
   |
 6 | report = { maps = [{ x = "penalty.lambda", y = "penalty.k" }] }
   |                          ^^^^^^^^^^^^^^^^
   = help: the swept paths outside the pool are: `penalty.k`, `optimizer.learning_rate`"#,
    },
    Case {
        name: "a map over a slope at zero that tells no cells apart",
        lines: &[
            r#"problem = { kind = "quadratic", curvature = [1.0, 2.0], target = [2.0, 1.0] }"#,
            "start = { w = [1.0, 2.0] }",
            r#"report = { maps = [{ x = "problem.d0", y = "start.w" }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `problem.d0`, which is -2.0 in several cells of one panel, at several values of `problem.curvature`, `problem.target`
  --> x.toml:7:26
   |
 7 | report = { maps = [{ x = "problem.d0", y = "start.w" }] }
   |                          ^^^^^^^^^^^^
   = help: make a facet of `problem.curvature` or `problem.target`, or give it one value"#,
    },
    Case {
        name: "a map over a slope at zero that one of several coordinates would tell apart",
        lines: &[
            r#"zip = [["problem.target", "start.w"]]"#,
            r#"problem = { kind = "quadratic", curvature = [1.0, 2.0], target = [2.0, 0.0] }"#,
            "start = { w = [1.0, 2.0] }",
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            r#"report = { maps = [{ x = "problem.d0", y = "penalty.lambda" }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `problem.d0`, which is 0.0 in several cells of one panel, at several values of `problem.curvature`, `problem.target`
  --> x.toml:8:26
   |
 8 | report = { maps = [{ x = "problem.d0", y = "penalty.lambda" }] }
   |                          ^^^^^^^^^^^^
   = help: make a facet of `problem.curvature`, or give it one value"#,
    },
    Case {
        name: "a map over an expression that no single coordinate would tell apart",
        lines: &[
            r#"problem = { kind = "quadratic", curvature = [1.0, 2.0], target = [-1.0, 1.0] }"#,
            r#"penalty = { kind = "lk", k = 1.0, lambda = "problem.d0 ^ 2 + optimizer.learning_rate" }"#,
            r#"optimizer = { kind = "proximal", learning_rate = [0.5, 3.5] }"#,
            "start = { w = [1.0, 2.0] }",
            r#"report = { maps = [{ x = "penalty.lambda", y = "start.w" }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `penalty.lambda`, which is 1.5 in several cells of one panel, at several values of `problem.curvature`, `problem.target`, `optimizer.learning_rate`
  --> x.toml:7:26
   |
 7 | report = { maps = [{ x = "penalty.lambda", y = "start.w" }] }
   |                          ^^^^^^^^^^^^^^^^
   = help: make facets of `problem.curvature`, `problem.target`, `optimizer.learning_rate`, or give them one value each"#,
    },
    Case {
        name: "a map over a slope at zero that rounding alone parts",
        lines: &[
            r#"problem = { kind = "quadratic", curvature = [1.0, 2.0], target = [2.0000002, 1.0] }"#,
            "start = { w = [1.0, 2.0] }",
            r#"report = { maps = [{ x = "problem.d0", y = "start.w" }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `problem.d0`, which is -2.0 but for rounding in several cells of one panel, at several values of `problem.curvature`, `problem.target`
  --> x.toml:7:26
   |
 7 | report = { maps = [{ x = "problem.d0", y = "start.w" }] }
   |                          ^^^^^^^^^^^^
   = help: make a facet of `problem.curvature` or `problem.target`, or give it one value"#,
    },
    Case {
        name: "a map over a slope at zero that two of several losses do not tell apart",
        lines: &[
            r#"problem = [{ kind = "linear", d0 = [1.0, 3.0] }, { kind = ["quartic", "quadratic"], curvature = [1.0, 2.0], target = [2.0, 1.0, 0.0] }]"#,
            "start = { w = [1.0, 2.0] }",
            r#"report = { maps = [{ x = "problem.d0", y = "start.w", facets = ["problem"] }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `problem.d0`, which is 0.0 in several cells of one panel of the losses `quartic` and `quadratic`, at several values of `problem.curvature`, `problem.target`
  --> x.toml:7:26
   |
 7 | report = { maps = [{ x = "problem.d0", y = "start.w", facets = ["problem"] }] }
   |                          ^^^^^^^^^^^^
   = help: make a facet of `problem.curvature`, or give it one value"#,
    },
    Case {
        name: "a map over nearly the same slope at zero of two losses",
        lines: &[
            r#"problem = [{ kind = "quadratic", target = [0.1, 0.5] }, { kind = "linear", d0 = [-0.10000002, 0.3] }]"#,
            "start = { w = [1.0, 2.0] }",
            r#"report = { maps = [{ x = "problem.d0", y = "start.w" }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `problem.d0`, which is -0.10000002 of the loss `linear` and -0.1 of `quadratic`: rounding alone may part them
  --> x.toml:7:26
   |
 7 | report = { maps = [{ x = "problem.d0", y = "start.w" }] }
   |                          ^^^^^^^^^^^^
   = help: make a facet of "problem""#,
    },
    Case {
        name: "a map over nearly the same slope at zero of two losses, each in panels of its own",
        lines: &[
            r#"problem = [{ kind = "quadratic", target = [0.1, 0.5] }, { kind = "linear", d0 = [-0.10000002, 0.3] }]"#,
            "start = { w = [1.0, 2.0] }",
            r#"report = { maps = [{ x = "problem.d0", y = "start.w", facets = ["problem"] }] }"#,
        ],
        sets: &[],
        error: r#"
no error"#,
    },
    Case {
        name: "a map over nearly the same slope at zero of two losses, parted by a parameter of one",
        lines: &[
            r#"problem = [{ kind = "quadratic", target = [0.1, 0.5] }, { kind = "linear", d0 = [-0.10000002, 0.3] }]"#,
            "start = { w = [1.0, 2.0] }",
            r#"report = { maps = [{ x = "problem.d0", y = "start.w", facets = ["problem.target"] }] }"#,
        ],
        sets: &[],
        error: r#"
no error"#,
    },
    Case {
        name: "a map over a slope at zero of one value",
        lines: &["start = { w = [1.0, 2.0] }", r#"report = { maps = [{ x = "problem.d0", y = "start.w" }] }"#],
        sets: &[],
        error: r#"
the map uses `problem.d0`, which has one value only
  --> x.toml:6:26
   |
 6 | report = { maps = [{ x = "problem.d0", y = "start.w" }] }
   |                          ^^^^^^^^^^^^
   = help: the swept paths outside the pool are: `start.w`"#,
    },
    Case {
        name: "a count beside a sample",
        lines: &["sample = { count = 8 }", "start = { w = { uniform = [1.0, 2.0], count = 10 } }"],
        sets: &[],
        error: r#"
`start.w.count` does not go with `sample`, which draws all random axes together
  --> x.toml:5:39
   |
 5 | start = { w = { uniform = [1.0, 2.0], count = 10 } }
   |                                       ^^^^^
   = help: remove it: `sample` has the count and the seed"#,
    },
    Case {
        name: "a sample without a count",
        lines: &["sample = { seed = 8 }"],
        sets: &[],
        error: r#"
`sample` needs the key `count`: how many values to draw
  --> x.toml:6:10
   |
 6 | sample = { seed = 8 }
   |          ^^^^^^^^^^^^
   = help: add count = 64"#,
    },
    Case {
        name: "a pool of half a sample",
        lines: &[
            "sample = { count = 8 }",
            r#"penalty = { kind = "lk", k = 1.0, lambda = { uniform = [1.0, 2.0] } }"#,
            "start = { w = { uniform = [1.0, 2.0] } }",
            r#"report = { pool = ["start.w"] }"#,
        ],
        sets: &[],
        error: r#"
`report.pool` names `start.w`, but not `penalty.lambda`, and these move together
  --> x.toml:7:20
   |
 7 | report = { pool = ["start.w"] }
   |                    ^^^^^^^^^
   = help: name "penalty.lambda", "start.w" or none of them"#,
    },
    Case {
        name: "a zip of what a sample draws",
        lines: &[
            "sample = { count = 8 }",
            r#"zip = [["penalty.lambda", "start.w"]]"#,
            "start = { w = { uniform = [1.0, 2.0] } }",
        ],
        sets: &[],
        error: r#"
`zip` names `start.w`, which `sample` draws together with every random axis
  --> x.toml:7:27
   |
 7 | zip = [["penalty.lambda", "start.w"]]
   |                           ^^^^^^^^^
   = help: take it out of `zip`"#,
    },
    Case {
        name: "a date for a number",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = 1979-05-27 }"#],
        sets: &[],
        error: r#"
`penalty.lambda` must be a number, a list, a table or an expression, found a date or time
  --> x.toml:3:44
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = 1979-05-27 }
   |                                            ^^^^^^^^^^
   = help: a table generates numbers, for example { linspace = [0.0, 1.0, 11] }"#,
    },
    Case {
        name: "a boolean in a list",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, true] }"#],
        sets: &[],
        error: r#"
each value of `penalty.lambda` must be a number, found true
  --> x.toml:3:50
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = [0.1, true] }
   |                                                  ^^^^"#,
    },
    Case {
        name: "an empty axis",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = [] }"#],
        sets: &[],
        error: r#"
`penalty.lambda` must be a list of 1 to 16777216 values, found an empty list
  --> x.toml:3:44
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = [] }
   |                                            ^^"#,
    },
    Case {
        name: "a repeated value",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2, 0.10000000001] }"#],
        sets: &[],
        error: r#"
`penalty.lambda` has the value 0.1 twice, rounded to f32
  --> x.toml:3:55
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2, 0.10000000001] }
   |                                                       ^^^^^^^^^^^^^
   = help: values 1 and 3 are equal; remove one"#,
    },
    Case {
        name: "zero of both signs",
        lines: &["start = { w = [0.0, 1.0, -0.0] }"],
        sets: &[],
        error: r#"
`start.w` has the value 0.0 twice, rounded to f32
  --> x.toml:5:26
   |
 5 | start = { w = [0.0, 1.0, -0.0] }
   |                          ^^^^
   = help: values 1 and 3 are equal; remove one"#,
    },
    Case {
        name: "a linspace too fine for f32",
        lines: &["start = { w = { linspace = [1.0, 1.000001, 100] } }"],
        sets: &[],
        error: r#"
`start.w` has the value 1.0 twice, rounded to f32
  --> x.toml:5:15
   |
 5 | start = { w = { linspace = [1.0, 1.000001, 100] } }
   |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: values 1 and 2 are equal; ask for fewer, or for ends further apart"#,
    },
    Case {
        name: "a table without a form",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { count = 3 } }"#],
        sets: &[],
        error: r#"
`penalty.lambda` needs one of the keys `linspace`, `geomspace`, `uniform`, `log_uniform`, `normal`, `sobol`
  --> x.toml:3:44
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { count = 3 } }
   |                                            ^^^^^^^^^^^^^"#,
    },
    Case {
        name: "a misspelt form",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { linspcae = [0.0, 1.0, 3] } }"#],
        sets: &[],
        error: r#"
unknown key `linspcae` in `penalty.lambda`
  --> x.toml:3:46
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { linspcae = [0.0, 1.0, 3] } }
   |                                              ^^^^^^^^
   = help: did you mean `linspace`?"#,
    },
    Case {
        name: "numpy's logspace",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { logspace = [-2, 1, 31] } }"#],
        sets: &[],
        error: r#"
unknown key `logspace` in `penalty.lambda`
  --> x.toml:3:46
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { logspace = [-2, 1, 31] } }
   |                                              ^^^^^^^^
   = help: write geomspace = [first, last, count]; the ends are values, not exponents"#,
    },
    Case {
        name: "a log space",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { log_space = [-2, 1, 31] } }"#],
        sets: &[],
        error: r#"
unknown key `log_space` in `penalty.lambda`
  --> x.toml:3:46
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { log_space = [-2, 1, 31] } }
   |                                              ^^^^^^^^^
   = help: write geomspace = [first, last, count]; the ends are values, not exponents"#,
    },
    Case {
        name: "numpy's arange",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { arange = [0.0, 1.0, 0.1] } }"#],
        sets: &[],
        error: r#"
unknown key `arange` in `penalty.lambda`
  --> x.toml:3:46
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { arange = [0.0, 1.0, 0.1] } }
   |                                              ^^^^^^
   = help: write linspace = [first, last, count]; both ends are values of the axis"#,
    },
    Case {
        name: "a range",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { range = [0.0, 1.0, 0.1] } }"#],
        sets: &[],
        error: r#"
unknown key `range` in `penalty.lambda`
  --> x.toml:3:46
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { range = [0.0, 1.0, 0.1] } }
   |                                              ^^^^^
   = help: write linspace = [first, last, count]; both ends are values of the axis"#,
    },
    Case {
        name: "a gaussian",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { gaussian = [1.0, 0.1], count = 8 } }"#],
        sets: &[],
        error: r#"
unknown key `gaussian` in `penalty.lambda`
  --> x.toml:3:46
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { gaussian = [1.0, 0.1], count = 8 } }
   |                                              ^^^^^^^^
   = help: write normal = [mean, deviation], with a count"#,
    },
    Case {
        name: "scipy's loguniform",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { loguniform = [0.1, 1.0], count = 8 } }"#],
        sets: &[],
        error: r#"
unknown key `loguniform` in `penalty.lambda`
  --> x.toml:3:46
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { loguniform = [0.1, 1.0], count = 8 } }
   |                                              ^^^^^^^^^^
   = help: did you mean `log_uniform`?"#,
    },
    Case {
        name: "two forms",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { linspace = [0.0, 1.0, 3], uniform = [0.0, 1.0] } }"#],
        sets: &[],
        error: r#"
`penalty.lambda` has both `linspace` and `uniform`
  --> x.toml:3:72
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { linspace = [0.0, 1.0, 3], uniform = [0.0, 1.0] } }
   |                                                                        ^^^^^^^
   = help: keep one of the two"#,
    },
    Case {
        name: "a linspace with a count",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { linspace = [0.0, 1.0, 3], count = 3 } }"#],
        sets: &[],
        error: r#"
`count` does not go with `linspace`, which draws nothing
  --> x.toml:3:72
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { linspace = [0.0, 1.0, 3], count = 3 } }
   |                                                                        ^^^^^
   = help: write linspace = [first, last, count]"#,
    },
    Case {
        name: "a linspace of two numbers",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { linspace = [0.0, 1.0] } }"#],
        sets: &[],
        error: r#"
`penalty.lambda.linspace` must be [first, last, count], found a list of 2 values
  --> x.toml:3:57
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { linspace = [0.0, 1.0] } }
   |                                                         ^^^^^^^^^^"#,
    },
    Case {
        name: "a linspace with a fractional count",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { linspace = [0.0, 1.0, 2.5] } }"#],
        sets: &[],
        error: r#"
the count of `penalty.lambda.linspace` must be an integer from 1 to 16777216, found 2.5
  --> x.toml:3:68
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { linspace = [0.0, 1.0, 2.5] } }
   |                                                                    ^^^"#,
    },
    Case {
        name: "a linspace of one point with two ends",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { linspace = [0.0, 1.0, 1] } }"#],
        sets: &[],
        error: r#"
`penalty.lambda.linspace` from 0.0 to 1.0 cannot have a count of 1
  --> x.toml:3:68
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { linspace = [0.0, 1.0, 1] } }
   |                                                                    ^
   = help: the count is 1 where both ends are equal, and only there"#,
    },
    Case {
        name: "a linspace of three points with one end",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { linspace = [1.0, 1.0, 3] } }"#],
        sets: &[],
        error: r#"
`penalty.lambda.linspace` from 1.0 to 1.0 cannot have a count of 3
  --> x.toml:3:68
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { linspace = [1.0, 1.0, 3] } }
   |                                                                    ^
   = help: the count is 1 where both ends are equal, and only there"#,
    },
    Case {
        name: "a linspace with an end out of the domain",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { linspace = [-1.0, 1.0, 3] } }"#],
        sets: &[],
        error: r#"
`penalty.lambda.linspace` must be a number of at least 0, found -1.0
  --> x.toml:3:58
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { linspace = [-1.0, 1.0, 3] } }
   |                                                          ^^^^"#,
    },
    Case {
        name: "a geomspace through zero",
        lines: &["start = { w = { geomspace = [-1.0, 1.0, 3] } }"],
        sets: &[],
        error: r#"
`start.w.geomspace` needs ends of one sign, neither of them 0, found -1.0 and 1.0
  --> x.toml:5:29
   |
 5 | start = { w = { geomspace = [-1.0, 1.0, 3] } }
   |                             ^^^^^^^^^^^^^^"#,
    },
    Case {
        name: "a geomspace from zero",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { geomspace = [0.0, 1.0, 3] } }"#],
        sets: &[],
        error: r#"
`penalty.lambda.geomspace` needs ends of one sign, neither of them 0, found 0.0 and 1.0
  --> x.toml:3:58
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { geomspace = [0.0, 1.0, 3] } }
   |                                                          ^^^^^^^^^^^^^"#,
    },
    Case {
        name: "a log uniform from zero",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { log_uniform = [0.0, 1.0], count = 3 } }"#],
        sets: &[],
        error: r#"
`penalty.lambda.log_uniform` needs ends of one sign, neither of them 0, found 0.0 and 1.0
  --> x.toml:3:60
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { log_uniform = [0.0, 1.0], count = 3 } }
   |                                                            ^^^^^^^^^^"#,
    },
    Case {
        name: "a uniform without a count",
        lines: &["start = { w = { uniform = [-5.0, 5.0] } }"],
        sets: &[],
        error: r#"
`start.w` needs the key `count`: how many values to draw
  --> x.toml:5:15
   |
 5 | start = { w = { uniform = [-5.0, 5.0] } }
   |               ^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: add count = 64"#,
    },
    Case {
        name: "a uniform with reversed ends",
        lines: &["start = { w = { uniform = [5.0, -5.0], count = 8 } }"],
        sets: &[],
        error: r#"
`start.w.uniform` must be [low, high] with low < high, found [5.0, -5.0]
  --> x.toml:5:27
   |
 5 | start = { w = { uniform = [5.0, -5.0], count = 8 } }
   |                           ^^^^^^^^^^^"#,
    },
    Case {
        name: "a uniform of three numbers",
        lines: &["start = { w = { uniform = [-5.0, 5.0, 8] } }"],
        sets: &[],
        error: r#"
`start.w.uniform` must be [low, high], found a list of 3 values
  --> x.toml:5:27
   |
 5 | start = { w = { uniform = [-5.0, 5.0, 8] } }
   |                           ^^^^^^^^^^^^^^"#,
    },
    Case {
        name: "a uniform of too many values",
        lines: &["start = { w = { uniform = [-5.0, 5.0], count = 100_000_000 } }"],
        sets: &[],
        error: r#"
`start.w.count` must be an integer from 1 to 16777216, found 100000000
  --> x.toml:5:48
   |
 5 | start = { w = { uniform = [-5.0, 5.0], count = 100_000_000 } }
   |                                                ^^^^^^^^^^^
   = help: for more trajectories, pool two axes: their product counts"#,
    },
    Case {
        name: "a negative seed",
        lines: &["start = { w = { sobol = [-5.0, 5.0], count = 8, seed = -1 } }"],
        sets: &[],
        error: r#"
`start.w.seed` must be an integer from 0 to 9223372036854775807, found -1
  --> x.toml:5:56
   |
 5 | start = { w = { sobol = [-5.0, 5.0], count = 8, seed = -1 } }
   |                                                        ^^"#,
    },
    Case {
        name: "a normal with no deviation",
        lines: &["start = { w = { normal = [0.0, 0.0], count = 8 } }"],
        sets: &[],
        error: r#"
the deviation of `start.w.normal` must be a number greater than 0, found 0.0
  --> x.toml:5:32
   |
 5 | start = { w = { normal = [0.0, 0.0], count = 8 } }
   |                                ^^^"#,
    },
    Case {
        name: "a normal that leaves the domain",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = { normal = [0.0, 1.0], count = 8 } }"#],
        sets: &[],
        error: r#"
point 4 of `penalty.lambda` must be a number of at least 0, found -0.6066593890630378
  --> x.toml:3:44
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = { normal = [0.0, 1.0], count = 8 } }
   |                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: a normal distribution has no bounds; uniform and log_uniform have"#,
    },
    Case {
        name: "axes that fill the memory",
        lines: &[
            r#"problem = { kind = "quadratic", curvature = { uniform = [1.0, 2.0], count = 16_777_216 }, target = { uniform = [1.0, 2.0], count = 16_777_216 } }"#,
            r#"penalty = { kind = "lk", k = { uniform = [1.0, 2.0], count = 16_777_216 }, lambda = { uniform = [1.0, 2.0], count = 16_777_215 } }"#,
            "start = { w = [1.0, 2.0] }",
        ],
        sets: &[],
        error: r#"
with `start.w` the axes hold more than 67108864 values together
  --> x.toml:5:16
   |
 5 | start = { w = [1.0, 2.0] }
   |                ^^^
   = help: lower the counts: the sweep is the product of the axes"#,
    },
    Case {
        name: "draws that repeat and are not pooled",
        lines: &["start = { w = { uniform = [1.0, 1.000001], count = 64 } }", "report = { pool = [] }"],
        sets: &[],
        error: r#"
`start.w` has the value 1.0 twice, rounded to f32
  --> x.toml:5:15
   |
 5 | start = { w = { uniform = [1.0, 1.000001], count = 64 } }
   |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: values 8 and 56 are equal; pool the axis, or draw fewer"#,
    },
    Case {
        name: "two alternatives that are equal",
        lines: &[
            "-penalty",
            "[[penalty]]",
            r#"kind = "lk""#,
            "k = 1.0",
            "lambda = [0.1, 0.2]",
            "[[penalty]]",
            r#"kind = "lk""#,
            "k = [1.0, 2.0]",
            "lambda = 0.2",
        ],
        sets: &[],
        error: r#"
two alternatives of `penalty` of kind `lk` share a cell
  --> x.toml:10:8
   |
10 | kind = "lk"
   |        ^^^^
   = help: give them values, outside the pool, of which none is in both"#,
    },
    Case {
        name: "a zip of unequal lengths",
        lines: &[
            r#"zip = [["penalty.lambda", "start.w"]]"#,
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2, 0.3] }"#,
            "start = { w = { linspace = [-1.0, 1.0, 5] } }",
        ],
        sets: &[],
        error: r#"
axes that move together must have as many values, but `penalty.lambda` has 3 and `start.w` has 5
  --> x.toml:6:27
   |
 6 | zip = [["penalty.lambda", "start.w"]]
   |                           ^^^^^^^^^
   = help: give each as many values, or take one out of `zip`"#,
    },
    Case {
        name: "a zip of a misspelt path",
        lines: &[r#"zip = [["penalty.lamda", "start.w"]]"#],
        sets: &[],
        error: r#"
`zip` names "penalty.lamda", which this spec does not have
  --> x.toml:6:9
   |
 6 | zip = [["penalty.lamda", "start.w"]]
   |         ^^^^^^^^^^^^^^^
   = help: did you mean `penalty.lambda`?"#,
    },
    Case {
        name: "a zip of one path",
        lines: &[r#"zip = [["start.w"]]"#],
        sets: &[],
        error: r#"
each list in `zip` must be a list of 2 paths or more, found a list of 1 value
  --> x.toml:6:8
   |
 6 | zip = [["start.w"]]
   |        ^^^^^^^^^^^"#,
    },
    Case {
        name: "a zip without lists",
        lines: &[],
        sets: &[r#"zip=["penalty.k", "start.w"]"#],
        error: r#"
each list in `zip` must be a list, found "penalty.k"
  --> command line
   |
   | --set zip=["penalty.k", "start.w"]
   |            ^^^^^^^^^^^"#,
    },
    Case {
        name: "a path in two lists of a zip",
        lines: &[r#"zip = [["penalty.k", "start.w"], ["penalty.lambda", "start.w"]]"#],
        sets: &[],
        error: r#"
`zip` names "start.w" twice
  --> x.toml:6:53
   |
 6 | zip = [["penalty.k", "start.w"], ["penalty.lambda", "start.w"]]
   |                                                     ^^^^^^^^^"#,
    },
    Case {
        name: "a zip that repeats itself",
        lines: &[
            r#"zip = [["penalty.lambda", "start.w"]]"#,
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2, 0.1, 0.1] }"#,
            "start = { w = [1.0, 1.0, 2.0, 1.0] }",
        ],
        sets: &[],
        error: r#"
`penalty.lambda` and `start.w` have the values 0.1 and 1.0 twice, rounded to f32
  --> x.toml:3:60
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2, 0.1, 0.1] }
   |                                                            ^^^
   = help: values 1 and 4 are equal; remove one"#,
    },
    Case {
        name: "a pool of half a zip",
        lines: &[
            r#"zip = [["penalty.lambda", "start.w"]]"#,
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            "start = { w = [1.0, 2.0] }",
            r#"report = { pool = ["start.w"] }"#,
        ],
        sets: &[],
        error: r#"
`report.pool` names `start.w`, but not `penalty.lambda`, and these move together
  --> x.toml:7:20
   |
 7 | report = { pool = ["start.w"] }
   |                    ^^^^^^^^^
   = help: name "penalty.lambda", "start.w" or none of them"#,
    },
    Case {
        name: "a map of a zip over itself",
        lines: &[
            r#"zip = [["penalty.lambda", "start.w"]]"#,
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            "start = { w = [1.0, 2.0] }",
            r#"report = { maps = [{ x = "start.w", y = "penalty.lambda" }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `start.w` and `penalty.lambda`, which move together
  --> x.toml:7:41
   |
 7 | report = { maps = [{ x = "start.w", y = "penalty.lambda" }] }
   |                                         ^^^^^^^^^^^^^^^^
   = help: name one of them"#,
    },
    Case {
        name: "a refinement of nothing",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = { geomspace = [0.1, 1.0, 9] } }"#,
            r#"report = { refine = { cells = 1000 } }"#,
        ],
        sets: &[],
        error: r#"
`report.refine` needs the key `measure`: what is to be sharp
  --> x.toml:6:21
   |
 6 | report = { refine = { cells = 1000 } }
   |                     ^^^^^^^^^^^^^^^^
   = help: add measure = "zero_rate""#,
    },
    Case {
        name: "a refinement without a bound",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = { geomspace = [0.1, 1.0, 9] } }"#,
            r#"report = { refine = { measure = "zero_rate" } }"#,
        ],
        sets: &[],
        error: r#"
`report.refine` needs the key `cells`: how many cells are run at the most
  --> x.toml:6:21
   |
 6 | report = { refine = { measure = "zero_rate" } }
   |                     ^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: add cells = 100000"#,
    },
    Case {
        name: "a refinement of few cells",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = { geomspace = [0.1, 1.0, 9] } }"#,
            r#"report = { refine = { measure = "zero_rate", cells = 99 } }"#,
        ],
        sets: &[],
        error: r#"
`report.refine.cells` must be an integer from 100 to 50000000, found 99
  --> x.toml:6:54
   |
 6 | report = { refine = { measure = "zero_rate", cells = 99 } }
   |                                                      ^^"#,
    },
    Case {
        name: "a refinement of what is no measure",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = { geomspace = [0.1, 1.0, 9] } }"#,
            r#"report = { refine = { measure = "zero_rat", cells = 1000 } }"#,
        ],
        sets: &[],
        error: r#"
`report.refine` is for "zero_rat", which is no measure
  --> x.toml:6:33
   |
 6 | report = { refine = { measure = "zero_rat", cells = 1000 } }
   |                                 ^^^^^^^^^^
   = help: did you mean `zero_rate`?"#,
    },
    Case {
        name: "a refinement of what cells have no value of",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = { geomspace = [0.1, 1.0, 9] } }"#,
            r#"report = { refine = { measure = "audited", cells = 1000 } }"#,
        ],
        sets: &[],
        error: r#"
cells cannot be refined for "audited"
  --> x.toml:6:33
   |
 6 | report = { refine = { measure = "audited", cells = 1000 } }
   |                                 ^^^^^^^^^
   = help: they can for: `zero_rate`, `fate`, `diverged`, `decayed`, `near_zero`, `settled`, `oscillating`, `moving`, `crossed`, `within_0.001`, `within_1e-6`, `first_zero_p10`, `first_zero_p50`, `first_zero_p90`, `first_crossing_p10`, `first_crossing_p50`, `first_crossing_p90`, `arrival_p10`, `arrival_p50`, `arrival_p90`"#,
    },
    Case {
        name: "a refinement along three paths",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = { geomspace = [0.1, 1.0, 9] } }"#,
            r#"report = { refine = { measure = "fate", cells = 1000, along = ["penalty.k", "penalty.lambda", "start.w"] } }"#,
        ],
        sets: &[],
        error: r#"
`report.refine.along` must name one or two paths, found 3
  --> x.toml:6:63
   |
 6 | ... { refine = { measure = "fate", cells = 1000, along = ["penalty.k", "penalty.lambda", "start.w"] } }
   |                                                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: the swept paths outside the pool are: `penalty.k`, `penalty.lambda`"#,
    },
    Case {
        name: "a refinement along what has one value",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = { geomspace = [0.1, 1.0, 9] } }"#,
            r#"report = { refine = { measure = "fate", cells = 1000, along = ["start.w"] } }"#,
        ],
        sets: &[],
        error: r#"
`report.refine.along` uses `start.w`, which has one value only
  --> x.toml:6:64
   |
 6 | report = { refine = { measure = "fate", cells = 1000, along = ["start.w"] } }
   |                                                                ^^^^^^^^^
   = help: the swept paths outside the pool are: `penalty.k`, `penalty.lambda`"#,
    },
    Case {
        name: "a refinement along a path twice",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = { geomspace = [0.1, 1.0, 9] } }"#,
            r#"report = { refine = { measure = "fate", cells = 1000, along = ["penalty.k", "penalty.k"] } }"#,
        ],
        sets: &[],
        error: r#"
`report.refine.along` uses `penalty.k` and `penalty.k`, which are one axis
  --> x.toml:6:77
   |
 6 | report = { refine = { measure = "fate", cells = 1000, along = ["penalty.k", "penalty.k"] } }
   |                                                                             ^^^^^^^^^^^
   = help: name one of them"#,
    },
    Case {
        name: "a refinement along values in no order",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0, 1.5], lambda = { geomspace = [0.1, 1.0, 9] } }"#,
            r#"report = { refine = { measure = "fate", cells = 1000, along = ["penalty.k"] } }"#,
        ],
        sets: &[],
        error: r#"
`report.refine` goes along `penalty.k`, whose values are in no order
  --> x.toml:6:63
   |
 6 | report = { refine = { measure = "fate", cells = 1000, along = ["penalty.k"] } }
   |                                                               ^^^^^^^^^^^^^
   = help: use linspace, geomspace, or a list that ascends or descends"#,
    },
    Case {
        name: "a refinement along nobody knows what",
        lines: &[
            r#"start = { w = [1.0, 2.0] }"#,
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = { geomspace = [0.1, 1.0, 9] } }"#,
            r#"report = { refine = { measure = "fate", cells = 1000 } }"#,
        ],
        sets: &[],
        error: r#"
`report.refine` does not say along which paths cells stand for others
  --> x.toml:6:21
   |
 6 | report = { refine = { measure = "fate", cells = 1000 } }
   |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: add along; the swept paths outside the pool are: `penalty.k`, `penalty.lambda`, `start.w`"#,
    },
    Case {
        name: "a refinement along the sides of a map that are computed",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = "0.1 / optimizer.learning_rate" }"#,
            r#"optimizer = { kind = "proximal", learning_rate = { geomspace = [0.1, 1.0, 9] } }"#,
            r#"report = { maps = [{ x = "penalty.lambda" }], refine = { measure = "fate", cells = 100 } }"#,
        ],
        sets: &[],
        error: r#"
`report.refine` does not say along which paths cells stand for others
  --> x.toml:6:56
   |
 6 | report = { maps = [{ x = "penalty.lambda" }], refine = { measure = "fate", cells = 100 } }
   |                                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: add along; the swept paths outside the pool are: `penalty.k`, `penalty.lambda`, `optimizer.learning_rate`"#,
    },
    Case {
        name: "a refinement with a tolerance for what is no share",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = 0.1 }"#,
            r#"report = { refine = { measure = "fate", cells = 100, tolerance = 0.1 } }"#,
        ],
        sets: &[],
        error: r#"
`report.refine.tolerance` is for shares, and `fate` is none
  --> x.toml:6:66
   |
 6 | report = { refine = { measure = "fate", cells = 100, tolerance = 0.1 } }
   |                                                                  ^^^
   = help: leave it out"#,
    },
    Case {
        name: "a map of what is not refined",
        lines: &[
            r#"penalty = { kind = "lk", k = [1.0, 2.0], lambda = { geomspace = [0.1, 1.0, 9] } }"#,
            r#"report = { maps = [{ x = "penalty.lambda", measure = "stands_for" }] }"#,
        ],
        sets: &[],
        error: r#"
the map shows `stands_for`, which cells have where not all are run
  --> x.toml:6:54
   |
 6 | report = { maps = [{ x = "penalty.lambda", measure = "stands_for" }] }
   |                                                      ^^^^^^^^^^^^
   = help: run some of them alone by `report.refine`, or show another measure"#,
    },
    Case {
        name: "too many cells",
        lines: &[
            r#"penalty = { kind = "lk", k = { linspace = [0.5, 4.0, 10000] }, lambda = { geomspace = [0.01, 10.0, 10000] } }"#,
        ],
        sets: &[],
        error: r#"
the sweep has 100000000 cells, more than 50000000
  --> x.toml
   = help: pool more axes with report.pool: a cell is a choice of values of the axes that are not pooled"#,
    },
    Case {
        name: "too many cells with a pool",
        lines: &[
            r#"penalty = { kind = "lk", k = { linspace = [0.5, 4.0, 10000] }, lambda = { geomspace = [0.01, 10.0, 10000] } }"#,
            r#"report = { pool = ["start.w"] }"#,
        ],
        sets: &[],
        error: r#"
the sweep has 100000000 cells, more than 50000000
  --> x.toml:6:19
   |
 6 | report = { pool = ["start.w"] }
   |                   ^^^^^^^^^^^
   = help: pool more axes with report.pool: a cell is a choice of values of the axes that are not pooled"#,
    },
    Case {
        name: "too many trajectories",
        lines: &[
            r#"problem = { kind = "quadratic", curvature = { uniform = [1.0, 2.0], count = 1_000_000 }, target = { uniform = [1.0, 2.0], count = 1_000_000 } }"#,
            r#"penalty = { kind = "lk", k = { uniform = [1.0, 2.0], count = 1_000_000 }, lambda = { uniform = [1.0, 2.0], count = 1_000_000 } }"#,
        ],
        sets: &[],
        error: r#"
the sweep has 1000000000000000000000000 trajectories, more than 9223372036854775807
  --> x.toml
   = help: the count is the product of all axes; take fewer values"#,
    },
    Case {
        name: "no tolerances",
        lines: &["zero = { tolerances = [] }"],
        sets: &[],
        error: r#"
`zero.tolerances` must be a list of 1 to 8 numbers, found an empty list
  --> x.toml:6:23
   |
 6 | zero = { tolerances = [] }
   |                       ^^"#,
    },
    Case {
        name: "a tolerance below the limit",
        lines: &["zero = { tolerances = [1e-3, 1e-20] }"],
        sets: &[],
        error: r#"
each of `zero.tolerances` must be a number of at least 2^-64 = 5.421011e-20 and less than `zero.divergence` = 1000000.0, found 1e-20
  --> x.toml:6:30
   |
 6 | zero = { tolerances = [1e-3, 1e-20] }
   |                              ^^^^^"#,
    },
    Case {
        name: "a tolerance above divergence",
        lines: &["zero = { tolerances = [10.0], divergence = 5.0 }"],
        sets: &[],
        error: r#"
each of `zero.tolerances` must be a number of at least 2^-64 = 5.421011e-20 and less than `zero.divergence` = 5.0, found 10.0
  --> x.toml:6:24
   |
 6 | zero = { tolerances = [10.0], divergence = 5.0 }
   |                        ^^^^"#,
    },
    Case {
        name: "a repeated tolerance",
        lines: &["zero = { tolerances = [1e-3, 0.001] }"],
        sets: &[],
        error: r#"
`zero.tolerances` has the value 0.001 twice, rounded to f32
  --> x.toml:6:30
   |
 6 | zero = { tolerances = [1e-3, 0.001] }
   |                              ^^^^^"#,
    },
    Case {
        name: "a divergence beyond the limit",
        lines: &["zero = { divergence = 1e31 }"],
        sets: &[],
        error: r#"
`zero.divergence` must be a number greater than 0 and at most 1e30, found 1e31
  --> x.toml:6:23
   |
 6 | zero = { divergence = 1e31 }
   |                       ^^^^"#,
    },
    Case {
        name: "a divergence below the default tolerances",
        lines: &["zero = { divergence = 1e-4 }"],
        sets: &[],
        error: r#"
`zero.divergence` must be greater than every tolerance ([0.001, 1e-6] by default), found 0.0001
  --> x.toml:6:23
   |
 6 | zero = { divergence = 1e-4 }
   |                       ^^^^
   = help: give smaller `tolerances` beside it"#,
    },
    Case {
        name: "a tail longer than the trajectory",
        lines: &["zero = { tail = 101 }"],
        sets: &[],
        error: r#"
`zero.tail` must be an integer from 1 to 100, found 101
  --> x.toml:6:17
   |
 6 | zero = { tail = 101 }
   |                 ^^^"#,
    },
    Case {
        name: "a pool of an unknown path",
        lines: &[r#"report = { pool = ["start.v"] }"#],
        sets: &[],
        error: r#"
`report.pool` names "start.v", which this spec does not have
  --> x.toml:6:20
   |
 6 | report = { pool = ["start.v"] }
   |                    ^^^^^^^^^
   = help: did you mean `start.w`?"#,
    },
    Case {
        name: "a pool that names a path twice",
        lines: &[r#"report = { pool = ["start.w", "start.w"] }"#],
        sets: &[],
        error: r#"
`report.pool` names "start.w" twice
  --> x.toml:6:31
   |
 6 | report = { pool = ["start.w", "start.w"] }
   |                               ^^^^^^^^^"#,
    },
    Case {
        name: "a map without x",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            r#"report = { maps = [{ y = "penalty.lambda" }] }"#,
        ],
        sets: &[],
        error: r#"
`report.maps` needs the key `x`: the path of a swept parameter
  --> x.toml:6:20
   |
 6 | report = { maps = [{ y = "penalty.lambda" }] }
   |                    ^^^^^^^^^^^^^^^^^^^^^^^^
   = help: the swept paths outside the pool are: `penalty.lambda`"#,
    },
    Case {
        name: "a map of a pooled axis",
        lines: &[
            "start = { w = { sobol = [-5.0, 5.0], count = 8 } }",
            r#"report = { maps = [{ x = "start.w", y = "penalty.k" }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `start.w`, which is pooled
  --> x.toml:6:26
   |
 6 | report = { maps = [{ x = "start.w", y = "penalty.k" }] }
   |                          ^^^^^^^^^
   = help: no parameter is swept outside the pool"#,
    },
    Case {
        name: "a map of a fixed parameter",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            r#"report = { maps = [{ x = "penalty.lambda", y = "penalty.k" }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `penalty.k`, which has one value only
  --> x.toml:6:48
   |
 6 | report = { maps = [{ x = "penalty.lambda", y = "penalty.k" }] }
   |                                                ^^^^^^^^^^^
   = help: the swept paths outside the pool are: `penalty.lambda`"#,
    },
    Case {
        name: "noise that is a number",
        lines: &[r#"optimizer = { kind = "proximal", learning_rate = 0.1, noise = 0.1 }"#],
        sets: &[],
        error: r#"
`optimizer.noise` must be a table, found 0.1
  --> x.toml:4:63
   |
 4 | optimizer = { kind = "proximal", learning_rate = 0.1, noise = 0.1 }
   |                                                               ^^^
   = help: write noise = { normal = 0.1, seed = 1 }"#,
    },
    Case {
        name: "a format that there is not",
        lines: &[r#"optimizer = { kind = "proximal", learning_rate = 0.1, precision = "f8" }"#],
        sets: &[],
        error: r#"
unknown precision "f8"
  --> x.toml:4:67
   |
 4 | optimizer = { kind = "proximal", learning_rate = 0.1, precision = "f8" }
   |                                                                   ^^^^
   = help: the precisions are: `f32`, `bf16`, `f16`"#,
    },
    Case {
        name: "a map of a part of the optimizer",
        lines: &[
            r#"penalty = { kind = "lk", k = [0.5, 1.0], lambda = [0.1, 0.2] }"#,
            r#"report.maps = [{ x = "penalty.lambda", y = "penalty.k", facets = ["optimizer.penalty_step"] }]"#,
        ],
        sets: &[r#"optimizer={kind="gradient_descent",penalty_step=["in_loss","proximal"],learning_rate=0.1}"#],
        error: r#"
the map names `optimizer.penalty_step`, which is a choice and no axis
  --> x.toml:6:67
   |
 6 | report.maps = [{ x = "penalty.lambda", y = "penalty.k", facets = ["optimizer.penalty_step"] }]
   |                                                                   ^^^^^^^^^^^^^^^^^^^^^^^^
   = help: write "optimizer": the kind and all parts of an optimizer are one facet"#,
    },
    Case {
        name: "a slope at zero of a rule whose penalty is not in the loss",
        lines: &[r#"optimizer = { kind = "proximal", learning_rate = 0.1, slope_at_zero = 1 }"#],
        sets: &[],
        error: r#"
`optimizer.slope_at_zero` is for a penalty in the loss
  --> x.toml:4:71
   |
 4 | optimizer = { kind = "proximal", learning_rate = 0.1, slope_at_zero = 1 }
   |                                                                       ^
   = help: leave it out"#,
    },
    Case {
        name: "a slope at zero that is neither of the two",
        lines: &[r#"optimizer = { kind = "subgradient", learning_rate = 0.1, slope_at_zero = 2 }"#],
        sets: &[],
        error: r#"
`optimizer.slope_at_zero` must be 0 or 1, found 2
  --> x.toml:4:74
   |
 4 | optimizer = { kind = "subgradient", learning_rate = 0.1, slope_at_zero = 2 }
   |                                                                          ^"#,
    },
    Case {
        name: "a tail of a spec with one step",
        lines: &["steps = 1", "zero = { tail = 5 }"],
        sets: &[],
        error: r#"
`zero.tail` must be 1, found 5
  --> x.toml:6:17
   |
 6 | zero = { tail = 5 }
   |                 ^"#,
    },
    Case {
        name: "a sample of nothing",
        lines: &["sample = { count = 8 }"],
        sets: &[],
        error: r#"
`sample` draws all random axes together, and this spec has none
  --> x.toml:6:10
   |
 6 | sample = { count = 8 }
   |          ^^^^^^^^^^^^^
   = help: take it out, or draw an axis, for example w = { uniform = [-5.0, 5.0] } in [start]"#,
    },
    Case {
        name: "a zip of a choice",
        lines: &[
            r#"optimizer = { kind = "subgradient", learning_rate = [0.1, 0.2], slope_at_zero = [0, 1] }"#,
            r#"zip = [["optimizer.slope_at_zero", "optimizer.learning_rate"]]"#,
        ],
        sets: &[],
        error: r#"
`zip` names `optimizer.slope_at_zero`, which is a choice and no axis
  --> x.toml:6:9
   |
 6 | zip = [["optimizer.slope_at_zero", "optimizer.learning_rate"]]
   |         ^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: write one [[optimizer]] table for each choice, with the numbers that go with it"#,
    },
    Case {
        name: "a zip of kinds",
        lines: &[r#"zip = [["start.w", "penalty.kind"]]"#],
        sets: &[],
        error: r#"
`zip` names `penalty.kind`, which is a choice and no axis
  --> x.toml:6:20
   |
 6 | zip = [["start.w", "penalty.kind"]]
   |                    ^^^^^^^^^^^^^^
   = help: write one [[penalty]] table for each choice, with the numbers that go with it"#,
    },
    Case {
        name: "a pool of a choice",
        lines: &[r#"report = { pool = ["optimizer.precision"] }"#],
        sets: &[],
        error: r#"
`report.pool` names `optimizer.precision`, which is a choice and no axis
  --> x.toml:6:20
   |
 6 | report = { pool = ["optimizer.precision"] }
   |                    ^^^^^^^^^^^^^^^^^^^^^
   = help: take it out: each choice has cells of its own"#,
    },
    Case {
        name: "a warm-up of a warm-up",
        lines: &[],
        sets: &[r#"optimizer.schedule={kind="warmup",warmup=3}"#],
        error: r#"
unknown key `warmup` in `optimizer.schedule`
  --> command line
   |
   | --set optimizer.schedule={kind="warmup",warmup=3}
   |                                         ^^^^^^
   = help: `warmup` takes `over`"#,
    },
    Case {
        name: "a warm-up of a schedule without one",
        lines: &[],
        sets: &[r#"optimizer.schedule={kind="ramp",warmup=3}"#],
        error: r#"
unknown key `warmup` in `optimizer.schedule`
  --> command line
   |
   | --set optimizer.schedule={kind="ramp",warmup=3}
   |                                       ^^^^^^
   = help: `ramp` takes `over`, `to`"#,
    },
    Case {
        name: "an absolute value of two",
        lines: &[r#"start = { w = "abs(1, 2)" }"#],
        sets: &[],
        error: r#"
the expression of `start.w` has a `,`, but abs() and parentheses take one value
  --> x.toml:5:21
   |
 5 | start = { w = "abs(1, 2)" }
   |                     ^
   = help: an expression has numbers, paths such as optimizer.learning_rate, + - * / ^, abs() and parentheses"#,
    },
    Case {
        name: "a divergence of nothing",
        lines: &["zero = { divergence = 0 }"],
        sets: &[],
        error: r#"
`zero.divergence` must be a number greater than 0 and at most 1e30, found 0
  --> x.toml:6:23
   |
 6 | zero = { divergence = 0 }
   |                       ^"#,
    },
    Case {
        name: "a map of an unknown path",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            r#"report = { maps = [{ x = "penalty.lamda", y = "penalty.k" }] }"#,
        ],
        sets: &[],
        error: r#"
the map names "penalty.lamda", which this spec does not have
  --> x.toml:6:26
   |
 6 | report = { maps = [{ x = "penalty.lamda", y = "penalty.k" }] }
   |                          ^^^^^^^^^^^^^^^
   = help: did you mean `penalty.lambda`?"#,
    },
    Case {
        name: "a map with a role for an axis",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            r#"report = { maps = [{ x = "optimizer", y = "penalty.lambda" }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `optimizer` as its x, but a role can only be its y or one of the facets
  --> x.toml:6:26
   |
 6 | report = { maps = [{ x = "optimizer", y = "penalty.lambda" }] }
   |                          ^^^^^^^^^^^
   = help: the swept paths outside the pool are: `penalty.lambda`"#,
    },
    Case {
        name: "a map of something else than a measure",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            r#"report = { maps = [{ x = "penalty.lambda", measure = ["diverged", "within_0.01"] }] }"#,
        ],
        sets: &[],
        error: r#"
the map shows "within_0.01", which is no measure
  --> x.toml:6:67
   |
 6 | report = { maps = [{ x = "penalty.lambda", measure = ["diverged", "within_0.01"] }] }
   |                                                                   ^^^^^^^^^^^^^
   = help: did you mean `within_0.001`?"#,
    },
    Case {
        name: "a map of cells that are told apart by what is pooled",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            "start = { w = { sobol = [-5.0, 5.0], count = 8 } }",
            r#"report = { maps = [{ x = "penalty.lambda", where = { start.w = 1 } }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `start.w`, which is pooled
  --> x.toml:6:60
   |
 6 | report = { maps = [{ x = "penalty.lambda", where = { start.w = 1 } }] }
   |                                                            ^
   = help: it has: `problem`, `penalty`, `optimizer`, `penalty.lambda`"#,
    },
    Case {
        name: "a map of a value that lies between those of its axis",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            r#"report = { maps = [{ x = "penalty.lambda", where = { penalty.lambda = 0.15 } }] }"#,
        ],
        sets: &[],
        error: r#"
`penalty.lambda` has no value 0.15
  --> x.toml:6:71
   |
 6 | report = { maps = [{ x = "penalty.lambda", where = { penalty.lambda = 0.15 } }] }
   |                                                                       ^^^^
   = help: the nearest that it has: 0.1, 0.2"#,
    },
    Case {
        name: "a map of a kind that is a number",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            r#"report = { maps = [{ x = "penalty.lambda", where = { penalty = 3 } }] }"#,
        ],
        sets: &[],
        error: r#"
`penalty` has no value 3
  --> x.toml:6:64
   |
 6 | report = { maps = [{ x = "penalty.lambda", where = { penalty = 3 } }] }
   |                                                                ^
   = help: give a kind, for example "lk""#,
    },
    Case {
        name: "an interval of a step, after a share that is named twice",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            r#"report.maps = [{ x = "penalty.lambda", measure = ["zero", "zero", "arrival_p50"], interval = true }]"#,
        ],
        sets: &[],
        error: r#"
the map shows the interval of `arrival_p50`, which is no share that has one
  --> x.toml:6:67
   |
 6 | report.maps = [{ x = "penalty.lambda", measure = ["zero", "zero", "arrival_p50"], interval = true }]
   |                                                                   ^^^^^^^^^^^^^
   = help: name a share, for example zero_rate or diverged"#,
    },
    Case {
        name: "a difference of more than two",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2, 0.3] }"#,
            r#"report = { maps = [{ x = "penalty.lambda", difference = { optimizer = ["proximal"] } }] }"#,
        ],
        sets: &[],
        error: r#"
`optimizer` must be two values, found a list of 1 value
  --> x.toml:6:71
   |
 6 | report = { maps = [{ x = "penalty.lambda", difference = { optimizer = ["proximal"] } }] }
   |                                                                       ^^^^^^^^^^^^"#,
    },
    Case {
        name: "a difference along an axis",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2, 0.3] }"#,
            r#"report = { maps = [{ x = "penalty.lambda", difference = { penalty.lambda = [0.1, 0.2] } }] }"#,
        ],
        sets: &[],
        error: r#"
the map shows a difference along `penalty.lambda`, and uses it besides
  --> x.toml:6:26
   |
 6 | report = { maps = [{ x = "penalty.lambda", difference = { penalty.lambda = [0.1, 0.2] } }] }
   |                          ^^^^^^^^^^^^^^^^
   = help: take it out of `x`, `y` and `facets`"#,
    },
    Case {
        name: "a line that is neither true nor false",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2, 0.3] }"#,
            r#"report = { maps = [{ x = "penalty.lambda", line = "yes" }] }"#,
        ],
        sets: &[],
        error: r#"
`line` of a map must be true or false, found "yes"
  --> x.toml:6:51
   |
 6 | report = { maps = [{ x = "penalty.lambda", line = "yes" }] }
   |                                                   ^^^^^"#,
    },
    Case {
        name: "a map that uses an axis twice",
        lines: &[
            r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2] }"#,
            "start = { w = [1.0, 2.0] }",
            r#"report = { maps = [{ x = "penalty.lambda", y = "start.w", facets = ["penalty.lambda"] }] }"#,
        ],
        sets: &[],
        error: r#"
the map uses `penalty.lambda` twice
  --> x.toml:6:69
   |
 6 | report = { maps = [{ x = "penalty.lambda", y = "start.w", facets = ["penalty.lambda"] }] }
   |                                                                     ^^^^^^^^^^^^^^^^
   = help: `x`, `y` and `facets` must all differ"#,
    },
    Case {
        name: "a key given twice",
        lines: &["name = \"x\"\nname = \"y\""],
        sets: &[],
        error: r#"
this is not valid TOML: duplicate key
  --> x.toml:2:1
   |
 2 | name = "y"
   | ^^^^"#,
    },
    Case {
        name: "an unclosed list",
        lines: &[r#"penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2 }"#],
        sets: &[],
        error: r#"
this is not valid TOML: missing comma between array elements, expected `,`
  --> x.toml:3:54
   |
 3 | penalty = { kind = "lk", k = 1.0, lambda = [0.1, 0.2 }
   |                                                      ^"#,
    },
    Case {
        name: "a word without quotes",
        lines: &["name = x"],
        sets: &[],
        error: r#"
this is not valid TOML: string values must be quoted, expected literal string
  --> x.toml:1:8
   |
 1 | name = x
   |        ^"#,
    },
    Case {
        name: "an integer of more than 64 bits",
        lines: &["steps = 99999999999999999999"],
        sets: &[],
        error: r#"
this integer does not fit in 64 bits
  --> x.toml:2:9
   |
 2 | steps = 99999999999999999999
   |         ^^^^^^^^^^^^^^^^^^^^"#,
    },
    Case {
        name: "a set value out of the domain",
        lines: &[],
        sets: &["steps=50", "penalty.lambda=-1.0"],
        error: r#"
`penalty.lambda` must be a number of at least 0, found -1.0
  --> command line
   |
   | --set penalty.lambda=-1.0
   |                      ^^^^"#,
    },
    Case {
        name: "a set with an unknown key",
        lines: &[],
        sets: &["penalty.lamda=1"],
        error: r#"
unknown key `lamda` in `penalty`
  --> command line
   |
   | --set penalty.lamda=1
   |               ^^^^^
   = help: did you mean `lambda`?"#,
    },
    Case {
        name: "a set of a key that some tables take",
        lines: &[r#"penalty = [{ kind = "lk", k = 1.0, lambda = 0.1 }, { kind = "mcp", lambda = 0.1 }]"#],
        sets: &["penalty.gamma=3.0"],
        error: r#"
unknown key `gamma` in `penalty`
  --> command line
   |
   | --set penalty.gamma=3.0
   |               ^^^^^
   = help: not every table takes it; to set it where it is taken, write `penalty.1.gamma`"#,
    },
    Case {
        name: "a set of a kind as a key",
        lines: &[r#"optimizer = { kind = "adam", penalty_step = "in_loss", learning_rate = 0.1 }"#],
        sets: &["optimizer.amsgrad=true"],
        error: r#"
unknown key `amsgrad` in `optimizer`
  --> command line
   |
   | --set optimizer.amsgrad=true
   |                 ^^^^^^^
   = help: it is a kind: write kind = "amsgrad""#,
    },
    Case {
        name: "a set without a value",
        lines: &[],
        sets: &["steps"],
        error: r#"
a setting must be PATH=VALUE
  --> command line
   |
   | --set steps
   |       ^^^^^
   = help: for example --set steps=500 or --set 'penalty.lambda=[0.1, 1.0]'"#,
    },
    Case {
        name: "a set with an empty value",
        lines: &[],
        sets: &["steps="],
        error: r#"
a setting must be PATH=VALUE, found no value
  --> command line
   |
   | --set steps=
   |             ^"#,
    },
    Case {
        name: "a set with an empty key",
        lines: &[],
        sets: &["penalty..k=1"],
        error: r#"
a path is keys with points between them, such as penalty.lambda
  --> command line
   |
   | --set penalty..k=1
   |               ^"#,
    },
    Case {
        name: "a set with a broken value",
        lines: &[],
        sets: &["penalty.lambda=[0.1, 0.2"],
        error: r#"
this is not valid TOML: unclosed array, expected `]`
  --> command line
   |
   | --set penalty.lambda=[0.1, 0.2
   |                               ^"#,
    },
    Case {
        name: "a set below a number",
        lines: &[],
        sets: &["steps.tail=3"],
        error: r#"
there is no `tail` to set here: the value above it is 100
  --> command line
   |
   | --set steps.tail=3
   |             ^^^^"#,
    },
    Case {
        name: "a set of an alternative that is not there",
        lines: &["-penalty", "[[penalty]]", r#"kind = "lk""#, "k = 1.0", "lambda = 0.1"],
        sets: &["penalty.1.k=2"],
        error: r#"
there is no number 1: the list has 1, counted from 0
  --> command line
   |
   | --set penalty.1.k=2
   |               ^"#,
    },
    Case {
        name: "a set of a name that reads as a number",
        lines: &[],
        sets: &["name=2024"],
        error: r#"
`name` must be a string, found 2024
  --> command line
   |
   | --set name=2024
   |            ^^^^
   = help: write '"2024"', so that the shell leaves the double quotes"#,
    },
    Case {
        name: "a set that is a long way down",
        lines: &[],
        sets: &["a.b.c.d.e.f.g.h.i.j=1"],
        error: r#"
no key of a spec lies this deep
  --> command line
   |
   | --set a.b.c.d.e.f.g.h.i.j=1
   |                       ^"#,
    },
];
