//! What `report.stability` and groups of folds ask for, and what makes no sense of it.

use zerosweep::spec::{Assumption, Format, Spec, Stability};

fn read(resample: &str, lambda: &str, report: &str) -> Result<Spec, String> {
    let text = format!(
        "name = \"t\"\nsteps = 10\nproblem = {{ kind = \"least_squares\", table = \"t.csv\", response = \"y\", resample = {resample} }}\npenalty = {{ kind = \
         \"lk\", k = 1.0, lambda = {lambda} }}\nreport = {{ {report} }}\n"
    );
    let first = |error: zerosweep::spec::SpecError| {
        let text = error.to_string();
        let help = text.lines().find_map(|line| line.trim().strip_prefix("= help: "));
        format!("{}; {}", text.lines().next().unwrap_or_default(), help.unwrap_or_default())
    };
    Spec::parse(&text, Format::Toml, "t.toml", &[]).map(|loaded| loaded.spec).map_err(first)
}

const HALVES: &str = "{ half_sample = 100 }";
const PATH: &str = "{ path = 9 }";

#[test]
fn what_is_not_said_has_a_default() {
    let own = read(HALVES, PATH, "stability = { pfer = 1 }").expect("a spec");
    let asked = Stability { threshold: 0.75, pfer: 1.0, assumption: Assumption::None };
    assert_eq!(own.report.stability, Some(asked));
    let other =
        read(HALVES, PATH, "stability = { pfer = 1, threshold = 0.9, assumption = 'unimodal' }").expect("a spec");
    let asked = Stability { threshold: 0.9, pfer: 1.0, assumption: Assumption::Unimodal };
    assert_eq!(other.report.stability, Some(asked));
    assert_ne!(own.hash(), other.hash());
    assert_ne!(own.hash(), read(HALVES, PATH, "").expect("a spec").hash());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let cases = [
        (
            HALVES,
            PATH,
            "stability = { }",
            "`report.stability` needs the key `pfer`: how many stable weights may be there by chance, in the mean; write stability = { threshold = 0.75, pfer = 1.0 }",
        ),
        (
            HALVES,
            PATH,
            "stability = { pfer = 1, threshold = 0.5 }",
            "`report.stability.threshold` must be a number above 0.5, at most 1, found 0.5; ",
        ),
        (
            HALVES,
            PATH,
            "stability = { pfer = 1, threshold = 1.01 }",
            "`report.stability.threshold` must be a number above 0.5, at most 1, found 1.01; ",
        ),
        (HALVES, PATH, "stability = { pfer = 0 }", "`report.stability.pfer` must be a number above 0, found 0; "),
        (
            HALVES,
            PATH,
            "stability = { pfer = 1, assumption = 'concave' }",
            "`report.stability.assumption` is \"concave\", which is none; write one of `none`, `unimodal`",
        ),
        (
            HALVES,
            PATH,
            "stability = { pfer = 1, pi = 1 }",
            "unknown key `pi` in `report.stability`; the keys here are: `threshold`, `pfer`, `assumption`",
        ),
        (
            HALVES,
            "1.0",
            "stability = { pfer = 1 }",
            "`report.stability` chooses one of several lambdas, which `lk` does not have here; write lambda = { path = 40 }, or a list",
        ),
        (
            "{ bootstrap = 9 }",
            PATH,
            "stability = { pfer = 1 }",
            "`report.stability` needs half samples, and this spec draws by `bootstrap`; write resample = { half_sample = 100, seed = 1 } in [problem]",
        ),
        (
            "{ bootstrap = 9, group = 'who' }",
            PATH,
            "",
            "`problem.resample.group` goes with `folds`, and not with `bootstrap`; take it out",
        ),
        ("{ folds = 5, group = 1 }", PATH, "", "`problem.resample.group` must be a string, found 1; write \"1\""),
    ];
    for (resample, lambda, report, message) in cases {
        assert_eq!(read(resample, lambda, report).err().as_deref(), Some(message));
    }
    let one = "name = 't'\nsteps = 10\npenalty = { kind = 'lk', k = 1, lambda = [1, 2] }\noptimizer = { kind = 'proximal', learning_rate = 0.1 }\nstart.w = 1\nreport = { stability = { pfer = 1 } }";
    let error = Spec::parse(one, Format::Toml, "t.toml", &[]).expect_err("an error").to_string();
    assert!(
        error.starts_with("`report.stability` is for problems of many weights, and this one has a single weight\n"),
        "{error}"
    );
}

#[test]
fn groups_are_part_of_what_a_spec_means() {
    let hash = |resample: &str| read(resample, PATH, "").expect("a spec").hash();
    assert_ne!(hash("{ folds = 5 }"), hash("{ folds = 5, group = 'who' }"));
    assert_ne!(hash("{ folds = 5, group = 'when' }"), hash("{ folds = 5, group = 'who' }"));
}
