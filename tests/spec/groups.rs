//! What groups of columns may be, and which penalties and optimizers take them.

use zerosweep::spec::{Format, Spec};

/// A spec over a table with these groups, this penalty and this optimizer.
fn read(groups: &str, penalty: &str, optimizer: &str) -> Result<Spec, String> {
    let text = format!(
        "name = 't'\nsteps = 10\npenalty = {{ {penalty}, lambda = 1 }}\n{optimizer}\n[problem]\nkind = 'least_squares'\ntable = 't.csv'\nresponse = 'y'\n{groups}\n"
    );
    let loaded = Spec::parse(&text, Format::Toml, "t.toml", &[]).map_err(|error| error.to_string());
    loaded.map(|loaded| loaded.spec).map_err(|error| {
        let line = error.lines().next().unwrap_or_default();
        let help = error.lines().find_map(|line| line.trim().strip_prefix("= help: "));
        [line].into_iter().chain(help).collect::<Vec<_>>().join("; ")
    })
}

const PAIR: &str = "groups = { pair = ['a', 'b'] }";
const LASSO: &str = "kind = 'group_lasso'";

#[test]
fn groups_and_penalties_over_them_come_together() {
    for penalty in [LASSO, "kind = 'group_lasso', l1_ratio = 0.5", "kind = 'group_mcp'", "kind = ['mcp', 'group_mcp']"]
    {
        assert!(read(PAIR, penalty, "").is_ok(), "{penalty}");
    }
    let cases = [
        (
            "",
            LASSO,
            "`group_lasso` is over groups of columns, and the problem has none; write groups = { name = [\"column\", \"column\"] } in [problem]",
        ),
        (
            PAIR,
            "kind = 'lk', k = 1",
            "`problem.groups` is for penalties over groups, and this spec has none; take it out, or choose a penalty over groups: `group_lasso`, `group_mcp`",
        ),
        (
            "groups = { pair = ['a'] }",
            LASSO,
            "`problem.groups.pair` holds \"a\" alone; take it out: a column in no group is alone",
        ),
        ("groups = { pair = ['a', 'a'] }", LASSO, "`problem.groups.pair` names \"a\" twice"),
        ("groups = { pair = [] }", LASSO, "`problem.groups.pair` must be a list of names, found an empty list"),
        (
            "groups = {}",
            LASSO,
            "`problem.groups` must be a table of one group or more, found a table; write groups = { pressure = [\"systolic\", \"diastolic\"] }",
        ),
        (
            "groups = { one = ['a', 'b'], two = ['c', 'b'] }",
            LASSO,
            "`problem.groups` has \"b\" in `one` and in `two`; a column is in one group at the most",
        ),
    ];
    for (groups, penalty, message) in cases {
        assert_eq!(read(groups, penalty, "").err().as_deref(), Some(message));
    }
    let one = "name = 't'\nsteps = 10\npenalty = { kind = 'group_mcp', lambda = 1 }\noptimizer = { kind = 'proximal', learning_rate = 0.1 }\nstart.w = 1\n";
    let error = Spec::parse(one, Format::Toml, "t.toml", &[]).expect_err("an error").to_string();
    assert!(error.starts_with("`group_mcp` takes several weights together, and this problem has one\n"), "{error}");
}

#[test]
fn groups_take_steps_of_one_length() {
    for optimizer in [
        "kind = 'proximal'",
        "kind = 'fista_restart'",
        "kind = 'adam', learning_rate = 0.1, penalty_step = 'proximal_plain'",
    ] {
        assert!(read(PAIR, LASSO, &format!("optimizer = {{ {optimizer} }}")).is_ok(), "{optimizer}");
    }
    let uneven = read(PAIR, LASSO, "optimizer = { kind = 'adam', learning_rate = 0.1, penalty_step = 'proximal' }");
    let message = uneven.expect_err("an error");
    assert!(
        message.starts_with("`adam proximal` goes as far along each weight as its slopes say, and `group_lasso` needs steps of one length; optimizers that fit `group_lasso`: `proximal`, "),
        "{message}"
    );
    assert!(!message.contains("`adam proximal`,") && message.contains("`adam proximal_plain`"), "{message}");
    let message = read(PAIR, LASSO, "optimizer = { kind = 'subgradient' }").expect_err("an error");
    assert!(
        message.starts_with("`subgradient` needs the slope of the penalty, and `group_lasso` has none"),
        "{message}"
    );
}

#[test]
fn groups_are_part_of_what_a_spec_means() {
    let hash = |groups: &str| read(groups, LASSO, "").expect("a spec").hash();
    assert_ne!(hash(PAIR), hash("groups = { pair = ['a', 'c'] }"));
    assert_ne!(hash(PAIR), hash("groups = { pair = ['a', 'b'], more = ['c', 'd'] }"));
}
