//! Every small change to a shader's text, and Rust that can act as any of them: one build serves all mutants.
//!
//! A changed function of a shared file stands, whole, beside the original; the number in `ZEROSWEEP_MUTANT` says which of
//! them runs. What a mutant computes is thus what the changed file would compute, in Rust and in WGSL alike.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A piece of a shader's text with what it is changed into.
struct Change {
    at: Range<usize>,
    into: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Word,
    Number,
    Symbol,
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    at: Range<usize>,
}

/// Words before `<` that open a list of types, not a comparison.
const GENERIC: [&str; 8] = ["array", "atomic", "bitcast", "ptr", "var", "vec2", "vec3", "vec4"];

/// What an operator between two operands may be taken for.
const BINARY: [(&str, &[&str]); 20] = [
    ("+", &["-", "*"]),
    ("-", &["+"]),
    ("*", &["/", "+"]),
    ("/", &["*"]),
    ("%", &["/"]),
    ("<<", &[">>"]),
    (">>", &["<<"]),
    ("&", &["|", "^"]),
    ("|", &["&", "^"]),
    ("^", &["&", "|"]),
    ("&&", &["||"]),
    ("||", &["&&"]),
    ("<", &["<=", ">"]),
    ("<=", &["<", ">"]),
    (">", &[">=", "<"]),
    (">=", &[">", "<"]),
    ("==", &["!="]),
    ("!=", &["=="]),
    ("+=", &["-="]),
    ("|=", &["&="]),
];

/// What a function may be taken for; nothing: its argument as it is.
const CALLS: [(&str, &str); 8] = [
    ("abs", ""),
    ("sign", ""),
    ("sqrt", ""),
    ("min", "max"),
    ("max", "min"),
    ("round", "floor"),
    ("atomicMin", "atomicMax"),
    ("atomicMax", "atomicMin"),
];

/// A relative change that no error budget of a constant or a threshold takes in.
const NUDGE: f32 = 1.0 / 512.0;

fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let run = |from: usize, belongs: &dyn Fn(usize) -> bool| {
        (from..bytes.len()).find(|&i| !belongs(i)).unwrap_or(bytes.len())
    };
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let rest = &text[at..];
        let (kind, end) = if rest.starts_with("//") {
            at = run(at, &|i| bytes[i] != b'\n');
            continue;
        } else if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        } else if bytes[at].is_ascii_alphabetic() || bytes[at] == b'_' {
            (Kind::Word, run(at, &|i| bytes[i].is_ascii_alphanumeric() || bytes[i] == b'_'))
        } else if bytes[at].is_ascii_digit() {
            let sign = |i: usize| matches!(bytes[i], b'+' | b'-') && bytes[i - 1] == b'e' && !rest.starts_with("0x");
            (Kind::Number, run(at, &|i| bytes[i].is_ascii_alphanumeric() || bytes[i] == b'.' || sign(i)))
        } else {
            let known = |len: usize| rest.get(..len).is_some_and(|s| len == 1 || is_symbol(s));
            (Kind::Symbol, at + [2, 1].into_iter().find(|&len| known(len)).unwrap_or(1))
        };
        tokens.push(Token { kind, at: at..end });
        at = end;
    }
    tokens
}

fn is_symbol(text: &str) -> bool {
    ["->", "++"].contains(&text) || BINARY.iter().any(|(symbol, _)| *symbol == text)
}

/// Every change to `text`, from its beginning to its end.
fn changes(text: &str) -> Vec<Change> {
    let tokens = tokens(text);
    let word = |i: usize| tokens.get(i).map_or("", |token| &text[token.at.clone()]);
    let mut changes = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let token = &tokens[i];
        let mut push = |at: Range<usize>, into: String| changes.push(Change { at, into });
        match token.kind {
            // What binds a shader to its host is no formula.
            Kind::Symbol if word(i) == "@" && word(i + 2) == "(" => i = close(&tokens, text, i + 2, "(", ")"),
            Kind::Symbol if word(i) == "<" && GENERIC.contains(&word(i.wrapping_sub(1))) => {
                i = close(&tokens, text, i, "<", ">");
            }
            Kind::Number => of_number(word(i)).into_iter().for_each(|into| push(token.at.clone(), into)),
            Kind::Symbol => {
                let before = i.checked_sub(1).map(|j| (tokens[j].kind, word(j)));
                let between = match before {
                    Some((Kind::Word, before)) => before != "return",
                    Some((kind, before)) => kind == Kind::Number || [")", "]"].contains(&before),
                    None => false,
                };
                match word(i) {
                    "-" | "!" if !between => push(token.at.clone(), String::new()),
                    symbol if between => {
                        let others = BINARY.iter().filter(|(from, _)| *from == symbol).flat_map(|(_, others)| *others);
                        others.for_each(|other| push(token.at.clone(), (*other).to_owned()));
                    }
                    _ => {}
                }
            }
            Kind::Word if word(i + 1) == "(" && word(i.wrapping_sub(1)) != "fn" => {
                let called = CALLS.iter().filter(|(from, _)| *from == word(i));
                called.for_each(|(_, into)| push(token.at.clone(), (*into).to_owned()));
                if word(i) == "select" {
                    let (at, into) = swapped(&tokens, text, i + 1);
                    push(at, into);
                }
            }
            Kind::Word if word(i) == "if" && word(i + 2) == "{" => {
                let at = tokens[i + 1].at.clone();
                push(at.clone(), format!("!{}", &text[at]));
            }
            Kind::Word if word(i) == "true" => push(token.at.clone(), "false".to_owned()),
            Kind::Word if word(i) == "false" => push(token.at.clone(), "true".to_owned()),
            Kind::Word => {}
        }
        i += 1;
    }
    changes
}

/// The index of the token that closes what the one at `i` opens.
fn close(tokens: &[Token], text: &str, i: usize, opens: &str, closes: &str) -> usize {
    let mut depth = 0;
    for (j, token) in tokens.iter().enumerate().skip(i) {
        let word = &text[token.at.clone()];
        depth += i32::from(word == opens) - i32::from(word == closes);
        // `>>` closes two lists.
        depth -= if opens == "<" && word == ">>" { 2 } else { 0 };
        if depth <= 0 {
            return j;
        }
    }
    tokens.len()
}

/// `select(a, b, c)` as `select(b, a, c)`: the text of the first two arguments, and what it becomes.
fn swapped(tokens: &[Token], text: &str, open: usize) -> (Range<usize>, String) {
    let end = close(tokens, text, open, "(", ")");
    let mut depth = 0;
    let mut commas = Vec::new();
    for token in &tokens[open + 1..end] {
        match &text[token.at.clone()] {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "," if depth == 0 => commas.push(token.at.start),
            _ => {}
        }
    }
    let (first, second) = (tokens[open].at.end..commas[0], commas[0] + 1..commas[1]);
    let into = format!("{}, {}", text[second.clone()].trim(), text[first.clone()].trim());
    (first.start..second.end, into)
}

/// What a literal may be taken for. A float: a little more, a little less, twice as much, 0; 0 itself: 2^-9 and 1. An
/// integer: one more, one less; of a bit pattern two single bits, too.
fn of_number(literal: &str) -> Vec<String> {
    let (digits, suffix) = match literal.strip_suffix('u') {
        Some(digits) => (digits, "u"),
        None => (literal, ""),
    };
    let hex = digits.strip_prefix("0x").map(|digits| u32::from_str_radix(digits, 16));
    if let Some(Ok(n)) = hex.or_else(|| Some(digits.parse::<u32>())) {
        let pattern = n >= 1024;
        let mut others = vec![n.checked_add(1), n.checked_sub(1)];
        others.extend([pattern.then_some(n ^ 1 << 12), pattern.then_some(n ^ 1 << 23)]);
        let show = |n: u32| if digits.starts_with("0x") { format!("{n:#010x}") } else { format!("{n}{suffix}") };
        return others.into_iter().flatten().map(show).collect();
    }
    let x: f32 = literal.parse().expect("a literal should be a number");
    let others = if x == 0.0 { vec![NUDGE, 1.0] } else { vec![x * (1.0 + NUDGE), x * (1.0 - NUDGE), 2.0 * x, 0.0] };
    others.into_iter().filter(|x| x.is_finite()).map(|x| format!("{x:?}")).collect()
}

impl Change {
    fn apply(&self, text: &str) -> String {
        format!("{}{}{}", &text[..self.at.start], self.into, &text[self.at.end..])
    }
}

/// The pieces of a shared file that are one function each.
fn functions(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("\nfn ").map(|(at, _)| at + 1).chain(text.starts_with("fn ").then_some(0)).map(|at| {
        let end = text[at..].find("\n}\n").expect("a function should end in a line of its own");
        at..at + end + 3
    })
}

/// A shared file as Rust; its first change has the number `first`.
fn as_rust(text: &str, changes: &[Change], first: usize) -> String {
    let mut rust = String::new();
    for function in functions(text) {
        let source = &text[function.clone()];
        let (head, body) = source.split_once("{\n").expect("a function should have a body");
        let body = body.trim_end().trim_end_matches('}');
        let mine: Vec<_> = (first..).zip(changes).filter(|(_, change)| function.contains(&change.at.start)).collect();
        let Some(((low, _), (high, _))) = mine.first().zip(mine.last()) else {
            _ = writeln!(rust, "#[inline]\npub {source}");
            continue;
        };
        let (name, parameters) = head["fn ".len()..].split_once('(').expect("a function should have parameters");
        let signature = &parameters[..parameters.rfind(" ->").unwrap_or(parameters.len())];
        let names: Vec<_> =
            signature.trim_end_matches(')').split(", ").filter_map(|pair| pair.split(':').next()).collect();
        let arms: String = mine
            .iter()
            .map(|(number, change)| {
                let changed = change.apply(text);
                let end = function.end + changed.len() - text.len();
                let (_, body) = changed[function.start..end].split_once("{\n").expect("as above");
                format!("        {number} => {{\n{}}}\n", body.trim_end().trim_end_matches('}'))
            })
            .collect();
        _ = writeln!(
            rust,
            "#[inline]\npub fn {name}({parameters}{{\n    if crate::mutant::is_among({low}..={high}) {{\n        \
             return mutated_{name}({});\n    }}\n{body}}}\n#[allow(warnings, overflowing_literals, arithmetic_overflow, clippy::all)]\n#[cold]\n#[inline(never)]\n\
             fn mutated_{name}({parameters}{{\n    match crate::mutant::active() {{\n{arms}        \
             _ => unreachable!(),\n    }}\n}}",
            names.join(", ")
        );
    }
    rust
}

/// What tells how fast a device is, and nothing that a test could judge.
const TIMES_ALONE: &str = "roofs.wgsl";

/// Writes the shared files as Rust, and `mutants.rs`, the list of all mutants; a mutant's number is its place in it,
/// counted from 1.
pub fn write(out: &Path, folders: &[&str], is_shared: fn(&Path) -> bool) -> Result<(), Box<dyn Error>> {
    let (mut texts, mut list) = (String::new(), String::new());
    let mut count = 0;
    for folder in folders {
        let folder = Path::new("shaders").join(folder);
        let mut names: Vec<_> =
            fs::read_dir(&folder)?.map(|entry| Ok(entry?.file_name())).collect::<Result<_, std::io::Error>>()?;
        names.sort();
        let texts_of = names.iter().filter_map(|name| name.to_str()).filter(|name| name.ends_with(".wgsl"));
        for name in texts_of.filter(|name| *name != TIMES_ALONE) {
            let path: PathBuf = folder.join(name).components().collect();
            let text = fs::read_to_string(&path)?;
            let changes = changes(&text);
            let inside = path.strip_prefix("shaders")?;
            if is_shared(inside) {
                fs::write(out.join(inside), as_rust(&text, &changes, count + 1))?;
            }
            if !changes.is_empty() {
                _ = writeln!(texts, "const TEXT_{count}: &str = include_str!({:?});", path.canonicalize()?);
            }
            for Change { at, into } in &changes {
                _ = writeln!(list, "Mutant {{ file: {path:?}, text: TEXT_{count}, at: {at:?}, into: {into:?} }},");
            }
            count += changes.len();
        }
    }
    fs::write(out.join("mutants.rs"), format!("{{\n{texts}&[\n{list}]\n}}"))?;
    Ok(())
}
