//! Good specs: what they mean, in either language, and how they are written down again.

use proptest::prelude::*;
use zerosweep::penalty::LK;
use zerosweep::problem::{NONE, Problem, QUADRATIC};
use zerosweep::spec::{
    Axis, Difference, Format, Key, LoadedSpec, MapRequest, Measure, Only, Side, Spacing, Spec, Trait,
};
use zerosweep::verdict::Fate;

const EXAMPLE: &str = r#"# Which penalties drive a weight to zero, and where?
name = "lk-family"
steps = 2000

[problem]
kind = "quadratic"                 # L(w) = curvature / 2 (w - target)^2
curvature = 1.0
target = { linspace = [-2.0, 2.0, 41] }

[penalty]
kind = "lk"                        # lambda |w|^k
k = [0.5, 1.0, 1.5, 2.0, 3.0, 10.0]
lambda = { geomspace = [0.01, 10.0, 41] }

[optimizer]
kind = ["subgradient", "proximal"]
learning_rate = 0.05

[start]
w = { uniform = [-5.0, 5.0], count = 64, seed = 7 }

[zero]
tolerances = [1e-3, 1e-6]

[report]
pool = ["start.w"]
maps = [{ x = "penalty.lambda", y = "problem.target", facets = ["penalty.k", "optimizer"] }]
"#;

const EXAMPLE_JSON: &str = r#"{
    "steps": 2e3,
    "report": {
        "maps": [{ "facets": ["penalty.k", "optimizer"], "y": "problem.target", "x": "penalty.lambda" }],
        "pool": ["start.w"]
    },
    "optimizer": { "learning_rate": 0.05, "kind": ["subgradient", "proximal"] },
    "penalty": {
        "kind": "lk",
        "lambda": { "geomspace": [0.01, 10, 41] },
        "k": [0.5, 1, 1.5, 2, 3, 1.0e1]
    },
    "problem": { "kind": "quadratic", "target": { "linspace": [-2, 2, 41.0] } },
    "start": { "w": { "seed": 7, "uniform": [-5, 5], "count": 64 } },
    "name": "lk-family"
}"#;

/// The shortest spec, to which `lines` are added.
fn short(lines: &str) -> String {
    format!(
        "name = \"short\"\nsteps = 1000\npenalty = {{ kind = \"lk\", k = 1.0, lambda = 0.1 }}\n\
         optimizer = {{ kind = \"proximal\", learning_rate = 0.1 }}\n{lines}\n"
    )
}

fn load(text: &str, format: Format, sets: &[&str]) -> LoadedSpec {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    Spec::parse(text, format, "x", &sets).unwrap_or_else(|error| panic!("{error}"))
}

fn toml(text: &str) -> Spec {
    load(text, Format::Toml, &[]).spec
}

/// The axis of `start.w` that `value` gives.
fn axis(value: &str) -> Axis {
    toml(&short(&format!("start.w = {value}"))).start
}

fn fixed(path: &str, value: f32) -> Axis {
    Axis { path: path.to_owned(), values: vec![value], spacing: Spacing::Fixed }
}

#[test]
fn the_example_means_what_its_text_says() {
    let spec = toml(EXAMPLE);
    assert_eq!(spec.name, "lk-family");
    assert_eq!(spec.steps, 2000);

    let [problem] = &spec.problems[..] else {
        panic!("one problem");
    };
    assert_eq!(problem.kind, &QUADRATIC);
    assert_eq!(problem.parameters[0], fixed("problem.curvature", 1.0));
    let target = &problem.parameters[1];
    assert_eq!((&*target.path, &target.spacing), ("problem.target", &Spacing::Linear));
    assert_eq!(target.values.len(), 41);
    assert_eq!((target.values[0], target.values[20], target.values[40]), (-2.0, 0.0, 2.0));

    let [penalty] = &spec.penalties[..] else {
        panic!("one penalty");
    };
    assert_eq!(penalty.kind, &LK);
    assert_eq!(penalty.parameters[0].spacing, Spacing::List);
    assert_eq!(penalty.parameters[0].values, [0.5, 1.0, 1.5, 2.0, 3.0, 10.0]);
    let lambda = &penalty.parameters[1];
    assert_eq!((&*lambda.path, &lambda.spacing), ("penalty.lambda", &Spacing::Geometric));
    assert_eq!((lambda.values[0], lambda.values[40]), (0.01, 10.0));

    let kinds: Vec<&str> = spec.optimizers.iter().map(|choice| choice.kind.name()).collect();
    assert_eq!(kinds, ["subgradient", "proximal"]);
    for optimizer in &spec.optimizers {
        assert_eq!(optimizer.parameters, [fixed("optimizer.learning_rate", 0.05)]);
    }

    assert_eq!((&*spec.start.path, spec.start.spacing), ("start.w", Spacing::Random));
    assert_eq!(spec.start.values.len(), 64);
    assert_eq!(spec.zero.tolerances, [1e-3, 1e-6]);
    assert_eq!((spec.zero.divergence, spec.zero.tail), (1e6, 200));
    assert_eq!(spec.report.pool, ["start.w"]);
    let map = MapRequest {
        x: "penalty.lambda".to_owned(),
        y: "problem.target".to_owned(),
        facets: vec!["penalty.k".to_owned(), "optimizer".to_owned()],
        ..MapRequest::default()
    };
    assert_eq!(spec.report.maps, Some(vec![map]));
}

/// What a map shows, in full; coordinates in `where` may be written as tables or by their paths.
#[test]
fn a_map_may_say_what_it_shows() {
    let of = |map: &str| {
        let spec = toml(&format!(
            "name = 'x'\nsteps = 1\npenalty = {{ kind = 'lk', k = [0.5, 1.0], lambda = {{ geomspace = [0.01, 10.0, 5] }} }}\n\
             optimizer = {{ kind = ['subgradient', 'proximal'], learning_rate = 0.1 }}\nstart.w = 1\n\
             report.maps = [{{ x = 'penalty.lambda', {map} }}]"
        ));
        (spec.hash(), spec.report.maps.unwrap().remove(0))
    };
    let only = |name: &str, keys: &[Key]| Only { name: name.to_owned(), keys: keys.to_vec() };
    let (plain, bare) = of("");
    assert_eq!(bare, MapRequest { x: "penalty.lambda".to_owned(), ..MapRequest::default() });
    let (hash, map) = of("where = { penalty.k = 1, optimizer = ['proximal'] }, measure = ['zero', 'crossed']");
    let chosen = [only("penalty.k", &[Key::Number(1.0)]), only("optimizer", &[Key::Text("proximal")])];
    assert_eq!(map.only, chosen);
    assert_eq!(map.measures, [Measure::ZERO_RATE, Measure::Share(Trait::Crossed, Side::Rate)]);
    let (same, _) = of("where = { 'penalty.k' = 1.0, 'optimizer' = 'proximal' }, measure = ['zero_rate', 'crossed']");
    assert_eq!((&hash, hash != plain), (&same, true));
    // Four digits of a value on a geometric axis are enough.
    let (_, map) = of("where = { penalty.lambda = [0.05623, 1.778] }, line = true");
    let values: Vec<f32> = map.only[0].keys.iter().filter_map(|key| key.number()).collect();
    assert!((values[0] - 0.056_234).abs() < 1e-5 && (values[1] - 1.778_279).abs() < 1e-5, "{values:?}");
    assert_eq!((map.line, &map.measures[..]), (true, &[Measure::ZERO_RATE][..]));
    let (_, map) = of("difference = { penalty.k = [0.5, 1] }, interval = false, y = 'optimizer'");
    let difference = Difference { name: "penalty.k".to_owned(), of: Key::Number(0.5), minus: Key::Number(1.0) };
    assert_eq!((map.difference, &*map.y), (Some(difference), "optimizer"));
    let (_, map) = of("interval = true, measure = 'diverged'");
    assert_eq!(map.measures, [Measure::Share(Trait::Ends(Fate::Diverged), Side::Width)]);
}

#[test]
fn what_is_left_out_has_a_default() {
    let spec = toml(&short("start.w = { sobol = [-1.0, 1.0], count = 4 }"));
    assert_eq!(spec.problems.len(), 1);
    assert_eq!(spec.problems[0].kind, &NONE);
    assert_eq!(spec.report.pool, ["start.w"]);
    assert_eq!(spec.report.maps, None);
    let tail = |steps: u32| toml(&short("start.w = 1").replace("1000", &steps.to_string())).zero.tail;
    assert_eq!([tail(1), tail(19), tail(20), tail(20_000)], [1, 1, 2, 1000]);
    let quadratic = toml(&short("start.w = 1\nproblem = { kind = \"quadratic\", target = 2 }"));
    assert_eq!(quadratic.problems[0].parameters[0], fixed("problem.curvature", 1.0));
    let nothing_drawn = toml(&short("start.w = 1\nreport = { maps = [] }"));
    assert!(nothing_drawn.report.pool.is_empty());
    assert_eq!(nothing_drawn.report.maps, Some(Vec::new()));
}

#[test]
fn alternatives_are_expanded_in_the_order_of_the_text() {
    let text = short("start.w = 1").replace("penalty =", "# penalty =").replace("problem", "# problem")
        + "[[problem]]\nkind = \"quadratic\"\ntarget = 1\n[[problem]]\nkind = \"none\"\n\
           [[penalty]]\nkind = \"lk\"\nk = 2\nlambda = [1, 2]\n[[penalty]]\nkind = \"lk\"\nk = 1\nlambda = 1\n\
           [report]\nmaps = [{ x = \"penalty.k\", y = \"penalty.lambda\", facets = [\"problem\"] }]\n";
    let spec = toml(&text);
    let kinds: Vec<&Problem> = spec.problems.iter().map(|choice| choice.kind).collect();
    assert_eq!(kinds, [&QUADRATIC, &NONE]);
    // Each alternative has one k, but the two differ: a coordinate, as the map shows.
    let exponents: Vec<f32> = spec.penalties.iter().map(|choice| choice.parameters[0].values[0]).collect();
    assert_eq!(exponents, [2.0, 1.0]);
}

#[test]
fn the_pool_is_kept_in_the_order_of_the_paths() {
    let lines = "start.w = { sobol = [0, 1], count = 2 }\nreport.pool = [\"start.w\", \"penalty.k\"]";
    assert_eq!(toml(&short(lines)).report.pool, ["penalty.k", "start.w"]);
}

#[test]
fn a_zip_is_kept_in_the_order_of_the_paths() {
    let lines = "start.w = [1, 2]\nproblem = { kind = \"quadratic\", curvature = [1, 2], target = 0 }\n";
    let zipped = |zip: &str| toml(&(format!("zip = {zip}\n") + &short(lines).replace("0.1 }", "[0.1, 0.2] }")));
    let plain = zipped(r#"[["problem.curvature", "start.w"], ["penalty.lambda", "optimizer.learning_rate"]]"#);
    let other = zipped(r#"[["optimizer.learning_rate", "penalty.lambda"], ["start.w", "problem.curvature"]]"#);
    assert_eq!(plain, other);
    assert_eq!(plain.hash(), other.hash());
    assert_eq!(plain.together.zip[0], ["problem.curvature", "start.w"]);
}

/// What moves with something random is pooled with it.
#[test]
fn the_pool_takes_in_what_moves_with_a_draw() {
    let lines = "zip = [[\"penalty.lambda\", \"start.w\"]]\nstart.w = { uniform = [0, 1], count = 2 }\n";
    let spec = toml(&short(lines).replace("lambda = 0.1", "lambda = [0.1, 0.2]"));
    assert_eq!(spec.report.pool, ["penalty.lambda", "start.w"]);
}

/// Blanks, needless parentheses and the way of writing a number have no part in what an expression means.
#[test]
fn equal_expressions_have_one_hash() {
    let hash = |lambda: &str| toml(&short("start.w = 1").replace("lambda = 0.1", &format!("lambda = {lambda}"))).hash();
    let plain = hash("\"0.5 / optimizer.learning_rate - 1\"");
    assert_eq!(plain, hash("'(5e-1/(optimizer.learning_rate)) -1.0'"));
    assert_ne!(plain, hash("'0.5 / (optimizer.learning_rate - 1)^2'"));
}

#[test]
fn toml_and_json_give_the_same_spec_and_hash() {
    let (toml, json) = (toml(EXAMPLE), load(EXAMPLE_JSON, Format::Json, &[]).spec);
    assert_eq!(toml, json);
    assert_eq!(toml.hash(), json.hash());
    assert_eq!(toml.hash().len(), 64);
}

#[test]
fn a_whole_number_is_one_however_it_is_written() {
    let text = "start.w = { normal = [0, 1], count = 64, seed = 7 }\nzero.tail = 200\npenalty.lambda = { linspace = [0, 1, 11] }";
    let text = short(text)
        .replace(", lambda = 0.1", "")
        .replace("penalty = { kind = \"lk\", k = 1.0 }", "penalty.kind = \"lk\"\npenalty.k = 1.0");
    let plain = toml(&text);
    let changes = [
        ("steps = 1000", "steps = 1e3"),
        ("steps = 1000", "steps = 1000.0"),
        ("count = 64", "count = 64.0"),
        ("seed = 7", "seed = 7.0"),
        ("tail = 200", "tail = 2e2"),
        ("11]", "11.0]"),
    ];
    for (old, new) in changes {
        assert!(text.contains(old));
        assert_eq!(toml(&text.replace(old, new)).hash(), plain.hash(), "{new}");
    }
    let set = load(&text, Format::Toml, &["steps=1e3", "start.w.seed=7.0"]);
    assert_eq!(set.spec.hash(), plain.hash());
    assert_text_reads_back(&set);
}

#[test]
fn a_schema_for_editors_changes_nothing() {
    let with_key = format!("\"$schema\" = \"zerosweep.schema.json\"\n{EXAMPLE}");
    for text in [with_key, format!("#:schema zerosweep.schema.json\n{EXAMPLE}")] {
        assert_eq!(toml(&text).hash(), toml(EXAMPLE).hash());
        assert_text_reads_back(&load(&text, Format::Toml, &["steps=2000"]));
    }
    let json = EXAMPLE_JSON.replacen('{', "{ \"$schema\": \"zerosweep.schema.json\",", 1);
    let loaded = load(&json, Format::Json, &[]);
    assert_eq!(loaded.spec.hash(), toml(EXAMPLE).hash());
    assert!(loaded.text.starts_with("\"$schema\" = \"zerosweep.schema.json\"\n"), "{}", loaded.text);
    assert_text_reads_back(&loaded);
}

#[test]
fn the_hash_changes_with_every_part_of_the_meaning() {
    let sets: [&[&str]; 23] = [
        &["name=other"],
        &["steps=2001"],
        &["problem.curvature=1.0000001"],
        &["problem={kind=\"none\"}", "report.maps=[]"],
        &["penalty.k=[0.5, 1.0, 1.5, 2.0, 10.0, 3.0]"],
        &["penalty.lambda.geomspace=[0.01, 10.0, 40]"],
        &["optimizer.kind=proximal"],
        &["optimizer.kind=[\"proximal\", \"subgradient\"]"],
        &["start.w.seed=8"],
        &["start.w.count=63"],
        &["zero.tolerances=[1e-6, 1e-3]"],
        &["zero.divergence=1e7"],
        &["zero.tail=199"],
        &["report.pool=[\"start.w\", \"optimizer.learning_rate\"]"],
        &["report.maps=[]"],
        &["report.maps.0.facets=[\"optimizer\", \"penalty.k\"]"],
        &["report.maps.0.facets=[]"],
        &["zip=[[\"penalty.lambda\", \"problem.target\"]]", "report.maps=[]"],
        &["sample={count=64,seed=7}", "start.w={uniform=[-5,5]}"],
        &["sample={count=64,seed=8}", "start.w={uniform=[-5,5]}"],
        &["penalty.lambda=\"problem.curvature\"", "report.maps=[]"],
        &["penalty.lambda=\"problem.curvature + 1\"", "report.maps=[]"],
        &["zip=[[\"penalty.k\", \"optimizer.learning_rate\"]]", "optimizer.learning_rate=[1, 2, 3, 4, 5, 6]"],
    ];
    let mut hashes = vec![toml(EXAMPLE).hash()];
    for set in sets {
        let hash = load(EXAMPLE, Format::Toml, set).spec.hash();
        assert!(!hashes.contains(&hash), "{set:?}");
        hashes.push(hash);
    }
}

#[test]
fn the_hash_is_the_same_on_every_platform() {
    // Also a check of the generated axes: any other bit in any of them gives another hash.
    assert_eq!(toml(EXAMPLE).hash(), "5301c82b754c209d319acc19983176a0d22d8be7ead727c4791e87df80f74a4f");
}

#[test]
fn a_linspace_has_true_ends_and_keeps_symmetry_and_zero() {
    let axis = axis("{ linspace = [-0.1, 0.3, 5] }");
    assert_eq!(axis.spacing, Spacing::Linear);
    // -0.1 * 3 + 0.3 is -5.6e-17 in f64; a start there is not a start at zero.
    assert_eq!(axis.values, [-0.1, 0.0, 0.1, 0.2, 0.3]);
    let values = self::axis("{ linspace = [-0.7, 0.7, 1001] }").values;
    assert!((0..1001).all(|i| values[i] == -values[1000 - i]));
    assert_eq!(self::axis("{ linspace = [3, -3, 4] }").values, [3.0, 1.0, -1.0, -3.0]);
    assert_eq!(self::axis("{ linspace = [3, 3, 1] }").values, [3.0]);
}

#[test]
fn a_geomspace_has_true_ends_and_equal_ratios() {
    // In f64 the points are within some 1e-14 of powers of ten, a millionth of half an ulp of f32: rounding gives the
    // nearest f32, which is also what the literals are.
    let axis = axis("{ geomspace = [1e-3, 1e3, 7] }");
    assert_eq!(axis.spacing, Spacing::Geometric);
    assert_eq!(axis.values, [1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3]);
    assert_eq!(self::axis("{ geomspace = [-8, -1, 4] }").values, [-8.0, -4.0, -2.0, -1.0]);
}

/// The largest distance between the axis's distribution function and `cdf`, times the root of the count: Kolmogorov's
/// statistic, above 1.95 with a probability of 0.1 %. The seeds are fixed, so a test passes always or never.
fn kolmogorov(axis: &Axis, cdf: impl Fn(f64) -> f64) -> f64 {
    let mut values = axis.values.clone();
    values.sort_by(f32::total_cmp);
    let count = values.len() as f64;
    let distances = values.iter().enumerate().map(|(i, &value)| {
        let expected = cdf(f64::from(value));
        f64::max(expected - i as f64 / count, (i + 1) as f64 / count - expected)
    });
    distances.fold(0.0, f64::max) * count.sqrt()
}

#[test]
fn draws_have_the_distribution_that_they_name() {
    let uniform = |x: f64| (x + 5.0) / 10.0;
    let drawn = axis("{ uniform = [-5, 5], count = 100000, seed = 7 }");
    assert!(kolmogorov(&drawn, uniform) < 1.95);
    assert!(drawn.values.iter().all(|value| value.abs() <= 5.0));

    let log_uniform = |x: f64| (x / 0.01).log10() / 3.0;
    let drawn = axis("{ log_uniform = [0.01, 10], count = 100000, seed = 7 }");
    assert!(kolmogorov(&drawn, log_uniform) < 1.95);
    assert!(drawn.values.iter().all(|value| (0.01..=10.0).contains(value)));
    let negative = axis("{ log_uniform = [-10, -0.01], count = 100, seed = 7 }");
    assert!(negative.values.iter().all(|value| (-10.0..=-0.01).contains(value)));

    let normal = |x: f64| 0.5 * libm::erfc(-(x - 1.0) / (2.0 * std::f64::consts::SQRT_2));
    let drawn = axis("{ normal = [1, 2], count = 100000, seed = 7 }");
    assert!(kolmogorov(&drawn, normal) < 1.95);
    // The control: a deviation that is off by 3 % moves the distribution function by up to 0.03 / sqrt(2 pi e) = 0.007,
    // which is 2.3 at this count.
    let wrong = |x: f64| normal(1.0 + (x - 1.0) * 1.03);
    assert!(kolmogorov(&drawn, wrong) > 1.95);
}

#[test]
fn seeds_paths_and_counts_decide_the_draws() {
    let start = |seed: u64, count: u32| axis(&format!("{{ normal = [0, 1], count = {count}, seed = {seed} }}")).values;
    assert_ne!(start(1, 64), start(2, 64));
    assert_eq!(start(1, 64)[..7], start(1, 7));
    assert_eq!(start(0, 5), axis("{ normal = [0, 1], count = 5 }").values);

    let draws = "{ uniform = [1, 2], count = 8, seed = 3 }";
    let spec = toml(&format!(
        "name = \"x\"\nsteps = 9\nstart.w = {draws}\noptimizer = {{ kind = \"proximal\", learning_rate = 0.1 }}\n\
         [[penalty]]\nkind = \"lk\"\nk = 1\nlambda = {draws}\n[[penalty]]\nkind = \"lk\"\nk = 2\nlambda = {draws}\n"
    ));
    let lambdas = spec.penalties.iter().map(|choice| &choice.parameters[1].values);
    let lambdas: Vec<_> = lambdas.collect();
    assert_eq!(lambdas[0], lambdas[1], "one path, one seed");
    assert_ne!(*lambdas[0], spec.start.values, "two paths, one seed");
    assert_eq!(spec.report.pool, ["penalty.lambda", "start.w"]);
}

#[test]
fn sobol_points_fill_every_dyadic_interval_evenly() {
    for seed in 0..20 {
        let values = axis(&format!("{{ sobol = [0, 1], count = 1024, seed = {seed} }}")).values;
        for level in 0..=10 {
            let parts = 1_usize << level;
            let mut counts = vec![0; parts];
            for value in &values {
                counts[((f64::from(*value) * parts as f64) as usize).min(parts - 1)] += 1;
            }
            assert!(counts.iter().all(|&count| count == 1024 / parts), "seed {seed} level {level}");
        }
    }
}

#[test]
fn sobol_points_are_the_radical_inverse_up_to_a_digital_shift() {
    let values = axis("{ sobol = [0, 1], count = 256, seed = 5 }").values;
    // The first 20 binary digits; f32 keeps 24 of any number in [1/16, 1), and rounding may carry only further down
    // than that in all but the smallest.
    let digits = |value: f32| (f64::from(value) * f64::from(1 << 8)) as u32;
    let shift = digits(values[0]);
    for (i, &value) in values.iter().enumerate() {
        assert_eq!(digits(value) ^ shift, u32::from((i as u8).reverse_bits()));
    }
}

/// A shell eats the quotes of a string.
#[test]
fn a_set_takes_an_expression_without_quotes() {
    let quoted =
        load(EXAMPLE, Format::Toml, &["penalty.lambda=\"0.1/(optimizer.learning_rate+1)^2\"", "report.maps=[]"]);
    let bare = load(EXAMPLE, Format::Toml, &["penalty.lambda=0.1/(optimizer.learning_rate+1)^2", "report.maps=[]"]);
    assert_eq!(quoted.spec, bare.spec);
    assert_eq!(quoted.text, bare.text);
}

#[test]
fn a_set_replaces_adds_and_reaches_every_alternative() {
    let sets = ["penalty.lambda=[0.5, 1]", "optimizer.kind=proximal", "zero.tail=3", "start.w=-0.0", "report.maps=[]"];
    let spec = load(EXAMPLE, Format::Toml, &sets).spec;
    assert_eq!(spec.penalties[0].parameters[1].values, [0.5, 1.0]);
    assert_eq!(spec.optimizers.len(), 1);
    assert_eq!(spec.zero.tail, 3);
    assert_eq!(spec.start.values[0].to_bits(), 0);

    let tables = "name = \"x\"\nsteps = 9\nstart.w = 1\noptimizer = { kind = \"proximal\", learning_rate = 0.1 }\n\
                  [[penalty]]\nkind = \"lk\"\nk = 1\n[[penalty]]\nkind = \"lk\"\nk = 2\n";
    let both = load(tables, Format::Toml, &["penalty.lambda=0.5", "penalty.1.lambda=0.25", "name=a-1"]);
    let lambdas = both.spec.penalties.iter().map(|choice| choice.parameters[1].values[0]);
    assert_eq!(lambdas.collect::<Vec<_>>(), [0.5, 0.25]);
    assert_eq!(both.spec.name, "a-1");
}

#[test]
fn the_text_as_run_keeps_comments_and_shows_every_set() {
    assert_eq!(load(EXAMPLE, Format::Toml, &[]).text, EXAMPLE);
    let sets = ["steps=500", "optimizer.kind=proximal", "penalty.lambda.geomspace=[0.1, 10.0, 5]", "zero.tail=7"];
    let expected = EXAMPLE
        .replace("2000", "500")
        .replace("[\"subgradient\", \"proximal\"]", "\"proximal\"")
        .replace("[0.01, 10.0, 41]", "[0.1, 10.0, 5]")
        .replace("[1e-3, 1e-6]\n", "[1e-3, 1e-6]\ntail = 7\n");
    assert_eq!(load(EXAMPLE, Format::Toml, &sets).text, expected);
}

/// The text as run is a spec of the same meaning.
fn assert_text_reads_back(loaded: &LoadedSpec) {
    let again = load(&loaded.text, Format::Toml, &[]);
    assert_eq!(again.spec, loaded.spec, "{}", loaded.text);
    assert_eq!(again.text, loaded.text);
}

#[test]
fn the_text_as_run_reads_back_as_the_same_spec() {
    let sets: [&[&str]; 6] = [
        &[],
        &["steps=500", "zero.divergence=1e20", "zero.tail=5"],
        &["start={w={normal=[0,1],count=5}}", "report={}"],
        &["problem={kind=\"none\"}", "report.maps=[]", "report.pool=[\"start.w\"]"],
        &["problem=[{kind=\"none\"},{kind=\"quadratic\",target=[1.0,2.5]}]", "report.maps.0.facets=[\"problem\"]"],
        &["penalty=[{kind=\"lk\",k=1},{kind=\"lk\",k=2}]", "penalty.lambda=[1e-30,1e30]", "penalty.0.lambda=[3,4]"],
    ];
    for sets in sets {
        assert_text_reads_back(&load(EXAMPLE, Format::Toml, sets));
        assert_text_reads_back(&load(EXAMPLE_JSON, Format::Json, sets));
    }
    let forms = [
        "[start]\nw = 1",
        "start.w = 1",
        "start = { w = 1 }",
        "[start.w]\nuniform = [0, 1] # both\ncount = 4",
        "start.w.uniform = [0, 1]\nstart.w.count = 4",
    ];
    for form in forms {
        for set in ["start.w=2", "start={w=[1,2]}", "start.w={sobol=[0,1],count=3}", "zero.tail=2", "steps=7"] {
            assert_text_reads_back(&load(&short(form), Format::Toml, &[set]));
            assert_text_reads_back(&load(&short(&format!("{form}\n\n# the end")), Format::Toml, &[set]));
        }
    }
}

#[test]
fn a_file_is_read_by_its_extension() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [("a.toml", EXAMPLE), ("b.json", EXAMPLE_JSON), ("c.JSON", EXAMPLE_JSON), ("d", EXAMPLE)] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a temporary file");
        let loaded = Spec::load(&path, &[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(loaded.spec, toml(EXAMPLE));
    }
}

proptest! {
    /// Whatever bytes are replaced, removed or inserted, reading ends in a spec or an error.
    #[test]
    fn mutated_specs_never_panic(
        json in any::<bool>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..4, ".{0,3}|[0-9\\[\\]{}\"'.=,#\n-]{0,3}"), 1..6),
        set in "(steps|penalty|penalty.lambda|start.w|zero.tail|report.maps.0|[a-z.0]{0,6})=?[0-9a-z\\[\\]{}\"'.=,-]{0,8}",
    ) {
        let mut text = if json { EXAMPLE_JSON } else { EXAMPLE }.to_owned();
        for (index, length, insert) in edits {
            let start = text.floor_char_boundary(index.index(text.len() + 1));
            let end = text.floor_char_boundary((start + length).min(text.len())).max(start);
            text.replace_range(start..end, &insert);
            if text.is_empty() {
                break;
            }
        }
        let format = if json { Format::Json } else { Format::Toml };
        for sets in [&[][..], &[set]] {
            match Spec::parse(&text, format, "x", sets) {
                Ok(loaded) => assert_text_reads_back(&loaded),
                Err(error) => prop_assert!(error.to_string().contains("\n  ")),
            }
        }
    }
}
