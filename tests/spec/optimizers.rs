//! Which optimizer each penalty of many weights takes where the spec names none.

use zerosweep::spec::{Format, Spec};

fn read(penalties: &str, optimizer: &str) -> Spec {
    let text = format!(
        "name = \"t\"\nsteps = 10\n{optimizer}\nproblem = {{ kind = \"least_squares\", table = \"t.csv\", response = \"y\" }}\npenalty = [{penalties}]\n"
    );
    Spec::parse(&text, Format::Toml, "t.toml", &[]).unwrap_or_else(|error| panic!("{error}")).spec
}

fn pairs(spec: &Spec) -> Vec<(&'static str, String)> {
    let pair =
        |own: zerosweep::spec::Combination| (own.penalty.kind.member.kind, own.optimizer.kind.name().to_string());
    spec.combinations().map(pair).collect()
}

const L1: &str = "{ kind = 'lk', k = 1.0, lambda = 0.1 }";
const ROOTS: &str = "{ kind = 'lk', k = [0.5, 0.7], lambda = 0.1 }";
const MCP: &str = "{ kind = 'mcp', lambda = 0.1 }";

#[test]
fn a_convex_penalty_takes_fista_beside_others_that_take_plain_proximal_steps() {
    let usual = |penalties: &[&str]| {
        let pairs = pairs(&read(&penalties.join(", "), ""));
        pairs.iter().map(|(_, optimizer)| optimizer.clone()).collect::<Vec<_>>()
    };
    assert_eq!(usual(&[L1]), ["fista_restart"]);
    assert_eq!(usual(&[MCP, ROOTS]), ["proximal", "proximal"]);
    assert_eq!(usual(&[MCP, L1, ROOTS]), ["proximal", "fista_restart", "proximal"]);
}

#[test]
fn optimizers_that_a_spec_names_go_with_each_penalty() {
    let both = read(&[MCP, L1].join(", "), "optimizer.kind = ['fista_restart', 'proximal']");
    assert_eq!(pairs(&both).len(), 4);
    assert_ne!(both.hash(), read(&[MCP, L1].join(", "), "").hash());
}
