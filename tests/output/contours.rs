//! The picture of two weights, and the courses that it draws.

use super::support::tables::plan;
use std::ops::ControlFlow;
use zerosweep::backend::{Cancel, RunOptions, cpu};
use zerosweep::model::{DrawnRows, Draws, Penalized};
use zerosweep::output::contours;
use zerosweep::penalty::LK;
use zerosweep::plan::Plan;
use zerosweep::replay::{WeightCourse, replay_weights};
use zerosweep::spec::{Format, LoadedSpec, Spec};

const FORM: &str = r#"name = "two"
steps = 2000
stop = { kkt = 1e-6 }

[problem]
kind = "quadratic_form"
matrix = [[1.0, 0.6], [0.6, 1.0]]
minimum = [1.0, 0.2]

[penalty]
kind = "lk"
k = 1.0
lambda = 0.1
"#;

fn with(sets: &[&str]) -> LoadedSpec {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let loaded = Spec::parse(FORM, Format::Toml, "test.toml", &sets).and_then(LoadedSpec::with_table);
    loaded.unwrap_or_else(|error| panic!("{error}"))
}

fn picture(sets: &[&str]) -> String {
    let LoadedSpec { spec, model, .. } = with(sets);
    let plan = Plan::new(&spec).with_model(model);
    contours(&spec, &plan).expect("a picture").expect("a plan of two weights").svg
}

fn courses(plan: &Plan, locals: &[u64]) -> Vec<WeightCourse> {
    let (by_draw, model) = (plan.by_draw(), plan.model.as_ref().expect("a model"));
    replay_weights(&by_draw.sections[0], &Draws::new(model), locals, &plan.limits)
}

/// A course ends as the sweep says: the same bits of every weight, the same fates and steps.
#[test]
fn courses_are_those_of_the_sweep() {
    let specs = [
        "name = \"t\"\nsteps = 300\nstop = { kkt = 1e-5 }\n[problem]\nkind = \"least_squares\"\ntable = \"data/diabetes.csv\"\nresponse = \
         \"progression\"\ncolumns = [\"bmi\", \"s5\", \"bp\"]\nresample = { bootstrap = 3, seed = 1 }\n[penalty]\nkind = \"lk\"\nk = 0.5\nlambda = [1.0, \
         9.0, 60.0]\n[start]\nw = { normal = [0.0, 30.0], count = 5, seed = 1 }\n",
        "name = \"t\"\nsteps = 90\n[problem]\nkind = \"logistic_regression\"\ntable = \"data/breast_cancer.csv\"\nresponse = \"benign\"\ncolumns = \
         [\"mean_radius\", \"mean_texture\"]\nresample = { folds = 4 }\n[penalty]\nkind = \"lk\"\nk = 1.0\nlambda = [0.01, 0.1]\n[optimizer]\nkind = \
         \"adam\"\npenalty_step = \"in_loss\"\nlearning_rate = 0.1\n",
    ];
    for text in specs {
        let plan = plan(text);
        let (by_draw, weights) = (plan.by_draw(), plan.model.as_ref().expect("a model").weights());
        let options = RunOptions { rows: true, ..RunOptions::default() };
        let mut all = vec![Default::default(); by_draw.trajectories as usize * weights];
        _ = cpu::run(&by_draw, &options, &Cancel::default(), &mut |batch| {
            let first = batch.first as usize * weights;
            all[first..first + batch.outcomes.len()].clone_from_slice(&batch.outcomes);
            ControlFlow::Continue(())
        });
        let per_draw = by_draw.trajectories / u64::from(plan.model.as_ref().expect("a model").resample.count);
        for draw in [0, 2] {
            let locals: Vec<u64> = (draw * per_draw..(draw + 1) * per_draw).collect();
            for (local, course) in locals.iter().zip(courses(&plan, &locals)) {
                let own = &all[*local as usize * weights..][..weights];
                assert_eq!(course.outcomes, own, "trajectory {local}");
                let (step, w) = course.places.last().expect("a course has places");
                assert_eq!(*step, own[0].last_step);
                assert!(w.iter().zip(own).all(|(w, own)| w.to_bits() == own.last.to_bits()), "trajectory {local}");
            }
        }
    }
}

/// Plain gradient descent on L2, written down: w - eta (A (w - m) + 2 lambda w), step by step.
#[test]
fn a_course_is_the_recursion() {
    let sets = [
        "penalty.k=2.0",
        "optimizer={ kind = \"subgradient\", learning_rate = 0.3 }",
        "start={ w = 1.5 }",
        "steps=40",
        "stop={ kkt = 1e-12 }",
    ];
    let LoadedSpec { spec, model, .. } = with(&sets);
    let [course] = &courses(&Plan::new(&spec).with_model(model), &[0])[..] else { panic!("one course") };
    assert_eq!(course.places.len(), 41);
    let mut w = [1.5_f64, 1.5];
    for (step, (number, own)) in course.places.iter().enumerate() {
        assert_eq!(*number as usize, step);
        // Each of some eight operations of a step leaves 2^-24 of numbers below 3, and the map that follows shrinks what is there.
        assert!(own.iter().zip(w).all(|(own, w)| (f64::from(*own) - w).abs() < 1e-5), "step {step}: {own:?}, {w:?}");
        let slope = |a: f64, b: f64| a + 0.6 * b;
        let (a, b) = (w[0] - 1.0, w[1] - 0.2);
        w = [w[0] - 0.3 * (slope(a, b) + 0.2 * w[0]), w[1] - 0.3 * (slope(b, a) + 0.2 * w[1])];
    }
}

/// L1 holds the second weight at 0 from lambda = 0.32 on: with w1 = 1.12 - lambda alone its slope is 0.6 w1 - 0.8. L2 never does, and k = 1/2 does
/// it from some starts alone.
#[test]
fn a_corner_holds_a_weight_where_mathematics_says_so() {
    for (lambda, told) in [(0.31, "no weight is 0"), (0.33, "w2 = 0"), (1.11, "w2 = 0"), (1.13, "both are 0")] {
        let svg = picture(&[&format!("penalty.lambda={lambda}")]);
        assert!(svg.contains(&format!(">{told}<")), "lambda = {lambda}");
    }
    assert!(picture(&["penalty.k=2.0", "penalty.lambda=5.0"]).contains(">no weight is 0<"));
    let svg = picture(&[
        "penalty.k=0.5",
        "penalty.lambda=0.15",
        "start={ w = [-1.0, 0.0, 1.0] }",
        "report={ pool = [\"start.w\"] }",
    ]);
    assert!(svg.contains(" of 3<"), "{svg}");
}

/// All texts of a picture, on one line.
fn words(svg: &str) -> String {
    let texts = svg.split("</text>").filter_map(|before| before.rsplit_once('>')).map(|(_, text)| text);
    texts.collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

/// What diverges, or is not done, is said in its panel and above it.
#[test]
fn what_came_to_no_end_is_told() {
    let rate = |rate: f64| format!("optimizer={{ kind = \"proximal\", learning_rate = {rate} }}");
    let diverged = words(&picture(&[&rate(3.0)]));
    let said = "Diverged, and drawn until they leave the picture: 1 of 1.";
    assert!(diverged.contains(said) && diverged.ends_with("diverged"), "{diverged}");
    let slow = words(&picture(&[&rate(0.01), "steps=20"]));
    assert!(slow.contains("Not done: 1 of 1.") && slow.contains("w1 not done"), "{slow}");
    assert!(!picture(&[]).contains("ot done"));
}

/// The points of all lines and areas in the panel, from its left lower corner.
fn points(svg: &str) -> Vec<(f64, f64)> {
    let frame = svg.split("stroke=\"#777777\" d=\"M").nth(1).expect("a frame");
    let numbers: Vec<f64> = frame
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .filter(|own| !own.is_empty())
        .take(4)
        .map(|own| own.parse().unwrap())
        .collect();
    let [left, top, width, height] = numbers[..] else { panic!("{numbers:?}") };
    // But for frames and ticks.
    let paths = svg.split("<path ").skip(1).filter(|path| !path.starts_with("fill=\"none\" stroke=\"#777777\""));
    let paths = paths.map(|path| path.split(" d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap());
    let ends = paths.flat_map(|path| path.split(['M', 'L', 'z']).filter(|own| own.contains(' ')));
    let points = ends.map(|own| {
        let (x, y) = own.split_once(' ').unwrap();
        (x.parse::<f64>().unwrap() - left, top + height - y.parse::<f64>().unwrap())
    });
    points.filter(|(x, y)| (0.0..=width).contains(x) && (0.0..=height).contains(y)).collect()
}

/// Weights that trade places leave the picture as it is, mirrored along the diagonal; so does the other sign of both, through 0.
#[test]
fn symmetric_problems_have_symmetric_pictures() {
    let minimum = |text: &str| format!("problem.minimum={text}");
    for k in ["0.5", "1.0", "2.0"] {
        let own = |text: &str| points(&picture(&[&minimum(text), &format!("penalty.k={k}"), "start={ w = 0.0 }"]));
        let (here, swapped, turned) = (own("[1.0, 0.2]"), own("[0.2, 1.0]"), own("[-1.0, -0.2]"));
        assert!(here.len() > 1000, "{}", here.len());
        let side = 401.0;
        let mirrored = |(x, y): (f64, f64)| (y, x);
        let through = |(x, y): (f64, f64)| (side - x, side - y);
        for (others, map) in [(&swapped, &mirrored as &dyn Fn((f64, f64)) -> (f64, f64)), (&turned, &through)] {
            // Two roundings to a hundredth of a pixel.
            let is_near = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs().max((a.1 - b.1).abs()) < 0.025;
            let lost = here.iter().filter(|own| !others.iter().any(|other| is_near(map(**own), *other))).count();
            assert_eq!(lost, 0, "k = {k}");
        }
    }
}

/// Where each draw of rows has a path of its own, the solution is that at the draw's own lambda, as the trajectories are: the picture is that of this
/// lambda written down.
#[test]
fn a_path_of_each_draw_has_solutions_at_its_own_lambda() {
    let of = |lambda: &str| {
        format!(
            "name = \"t\"\nsteps = 5000\nstop = {{ kkt = 1e-6 }}\n[problem]\nkind = \"least_squares\"\ntable = \"data/diabetes.csv\"\nresponse = \
             \"progression\"\ncolumns = [\"bmi\", \"s5\"]\nresample = {{ bootstrap = 1, seed = 3 }}\n[penalty]\nkind = \"lk\"\nk = 1.0\nlambda = {lambda}\n"
        )
    };
    let read = |text: &str| {
        let loaded = Spec::parse(text, Format::Toml, "test.toml", &[]).and_then(LoadedSpec::with_table);
        let LoadedSpec { spec, model, .. } = loaded.unwrap_or_else(|error| panic!("{error}"));
        let plan = Plan::new(&spec).with_model(model);
        (points(&contours(&spec, &plan).expect("a picture").expect("a plan of two weights").svg), plan)
    };
    let (of_draw, plan) = read(&of("{ path = 2, ratio = 0.5, per_draw = true }"));
    let model = plan.model.as_ref().expect("a model");
    let first = |rows: &DrawnRows| Penalized::new(rows, &LK, &[1.0, 1.0]).first_of_path().expect("a lambda");
    let (own, of_table) = (first(&DrawnRows::new(&Draws::new(model), 0)), first(&DrawnRows::whole(model)));
    assert!((own / of_table - 1.0).abs() > 0.05, "{own} {of_table}");
    let written = read(&of(&format!("[{}, {own}]", 0.5 * own))).0;
    let is_near = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs().max((a.1 - b.1).abs()) < 0.025;
    assert!(of_draw.len() > 1000 && of_draw.len() == written.len(), "{} {}", of_draw.len(), written.len());
    assert!(of_draw.iter().all(|own| written.iter().any(|other| is_near(*own, *other))));
}

/// Other plans have no such picture.
#[test]
fn it_is_for_two_weights() {
    let text = FORM.replace("[[1.0, 0.6], [0.6, 1.0]]", "[[1.0]]").replace("[1.0, 0.2]", "[1.0]");
    let loaded = Spec::parse(&text, Format::Toml, "test.toml", &[]).and_then(LoadedSpec::with_table);
    let LoadedSpec { spec, model, .. } = loaded.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(contours(&spec, &Plan::new(&spec).with_model(model)), Ok(None));
}
