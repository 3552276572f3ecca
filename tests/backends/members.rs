//! Members that this crate does not have: a penalty of two parameters, one without a slope, and an optimizer of two states,
//! each a few formulas and a row, through spec, plan, both backends, audit, tables and pictures.

use crate::support::{
    audited, cpu_outcomes, forecasts, gpu, gpu_outcomes, maps, on_cpu, reference, statistics, table_of_cells,
};
use zerosweep::backend::RunOptions;
use zerosweep::direction::{self, StateInF64};
use zerosweep::member::{Domain, FAMILY, Family, Parameter};
use zerosweep::optimizer::{PROXIMAL, PenaltyStep, SUBGRADIENT, TRUNCATED};
use zerosweep::output::{charts, curve_csv};
use zerosweep::penalty::InF64;
use zerosweep::plan::Plan;
use zerosweep::problem::{NONE, QUADRATIC};
use zerosweep::schedule::{CONSTANT, INVERSE};
use zerosweep::spec::{Format, Spec};
use zerosweep::verdict::Fate;

zerosweep::formulas! {
    mod logarithm {
        fn penalty_slope(w: f32, strength: f32, width: f32) -> f32 {
            return strength * sign(w) / (width + abs(w));
        }

        fn penalty_prox(x: f32, step: f32, strength: f32, width: f32) -> f32 {
            let u = step * strength;
            let y = abs(x);
            let square = (y + width) * (y + width) - 4.0 * u;
            let v = 0.5 * ((y - width) + sqrt(max(square, 0.0)));
            let kept = v * (0.5 * v - y) + u * (0.6931472 * portable_log2(1.0 + max(v, 0.0) / width));
            return select(signed(x, v), 0.0, (square < 0.0) | (v <= 0.0) | (kept >= 0.0));
        }
    }
}

zerosweep::penalty! {
    /// strength log(1 + |w| / width).
    static LOGARITHM = "logarithm", "strength log(1 + |w| / width)",
    {
        strength: Parameter::new(Domain::NonNegative, "how strong it is"),
        width: Parameter::new(Domain::Positive, "where it bends").or(0.5).shape(),
    },
    variants: [logarithm => "logarithm" [slope prox]],
    in_f64: InF64 {
        value: |w, own| own[0] * (w.abs() / own[1]).ln_1p(),
        slope: |w, own| if w == 0.0 { 0.0 } else { own[0] * w.signum() / (own[1] + w.abs()) },
        prox: None,
    },
}

zerosweep::formulas! {
    mod hard {
        fn penalty_prox(x: f32, step: f32, strength: f32) -> f32 {
            return select(x, 0.0, x * x <= 2.0 * (step * strength));
        }
    }
}

zerosweep::penalty! {
    /// strength where w is not 0: there is no slope.
    static HARD = "hard", "strength (w != 0)",
    { strength: Parameter::new(Domain::NonNegative, "how strong it is") },
    variants: [hard => "hard" [prox]],
    in_f64: InF64 { value: |w, own| if w == 0.0 { 0.0 } else { own[0] }, slope: |_, _| 0.0, prox: None },
}

zerosweep::formulas! {
    mod two_moments {
        fn moved(state: State, slope: f32, rate: f32, factors: Factors, learning_rate: f32, first: f32, second: f32) -> State {
            let mean = first * state.a + (1.0 - first) * slope;
            let square = second * state.b + (1.0 - second) * (slope * slope);
            return State(state.w - rate * mean / (sqrt(square) + 1.0e-6), mean, square, state.c);
        }
    }
}

zerosweep::direction! {
    static TWO_MOMENTS = two_moments, (learning_rate, first, second),
    remembers: 2,
    has: [],
    in_f64: direction::InF64::of(|state, slope, rate, _, own| {
        let a = own[1] * state.a + (1.0 - own[1]) * slope;
        let b = own[2] * state.b + (1.0 - own[2]) * slope * slope;
        StateInF64 { w: state.w - rate * a / (b.sqrt() + f64::from(1e-6_f32)), a, b, ..state }
    }),
}

zerosweep::update_rule! {
    static MOMENTS = "moments", "a mean of slopes over the root of a mean of their squares",
    {
        first: Parameter::new(Domain::BelowOne, "what the mean keeps").or(0.9),
        second: Parameter::new(Domain::BelowOne, "what the mean of squares keeps").or(0.99),
    },
    direction: &TWO_MOMENTS,
    penalty_steps: &[PenaltyStep::InLoss, PenaltyStep::Proximal],
}

static WITH_THEM: Family = Family {
    penalties: &[&LOGARITHM, &HARD],
    optimizers: &[&SUBGRADIENT, &TRUNCATED, &PROXIMAL, &MOMENTS],
    problems: &[&NONE, &QUADRATIC],
    regressions: &[],
    group_penalties: &[],
    schedules: &[&CONSTANT, &INVERSE],
};

fn parsed(text: &str) -> Result<Spec, String> {
    let text = format!("name = 'members'\n{text}");
    let loaded = Spec::parse_of(&WITH_THEM, &text, Format::Toml, "members.toml", &[]);
    loaded.map(|loaded| loaded.spec).map_err(|error| error.to_string())
}

fn spec() -> Spec {
    let text = "steps = 300
        problem = { kind = 'quadratic', target = { linspace = [-1.5, 1.5, 7] } }
        penalty = { kind = 'logarithm', strength = { geomspace = [0.02, 1.0, 5] }, width = [0.2, 0.7] }
        start = { w = { uniform = [-2.0, 2.0], count = 20, seed = 3 } }
        [[optimizer]]
        kind = ['subgradient', 'truncated', 'proximal']
        learning_rate = 0.1
        [[optimizer]]
        kind = 'moments'
        penalty_step = ['in_loss', 'proximal']
        learning_rate = 0.02
        schedule = [{ kind = 'constant' }, { kind = 'inverse', decay = 0.01 }]
        [report]
        maps = [{ x = 'penalty.strength', y = 'problem.target', facets = ['penalty.width', 'optimizer'] }]";
    parsed(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn they_run_on_the_cpu_as_the_definitions_say() {
    let plan = Plan::new(&spec());
    let all = 0..plan.trajectories;
    assert_eq!(cpu_outcomes(&plan, all.clone()), reference(&plan, all));
}

#[test]
fn they_run_on_a_gpu_as_on_the_cpu() {
    let Some(gpu) = gpu("they_run_on_a_gpu_as_on_the_cpu") else { return };
    let plan = Plan::new(&spec());
    let all = 0..plan.trajectories;
    let (on_cpu, on_gpu) = (cpu_outcomes(&plan, all.clone()), gpu_outcomes(gpu, &plan, all));
    // A device may round a division otherwise: where a step passes a threshold or an average turns, that shows.
    let differ = on_cpu.iter().zip(&on_gpu).filter(|(a, b)| a.fate != b.fate).count();
    assert!(differ * 100 <= on_cpu.len(), "{differ} of {} fates differ", on_cpu.len());
}

/// The mathematics of the pair: from far away, log-sum leaves zeros by proximal steps and none in the loss.
#[test]
fn they_say_what_the_mathematics_says() {
    let plan = Plan::new(&spec());
    let statistics = statistics(&plan, on_cpu(&plan, &RunOptions::default()));
    let zeros = |name: &str| {
        let of = statistics.groups.iter().filter(|group| group.group.optimizer.name() == name);
        of.map(|group| group.summary.fates[Fate::Zero as usize]).sum::<u64>()
    };
    assert!(zeros("proximal") > 400, "{}", zeros("proximal"));
    assert_eq!(zeros("subgradient"), 0);
    assert!(zeros("moments proximal") > zeros("moments in_loss"));
    assert_eq!(statistics.groups.len(), 2 * 7, "two widths, three plain rules and four of two moments");
}

/// The audit minimises the penalty's value by search: its fates agree with those of the closed form in f32.
#[test]
fn the_audit_judges_them_by_their_values_alone() {
    let plan = Plan::new(&spec());
    let statistics = statistics(&plan, on_cpu(&plan, &RunOptions::default()));
    let audit = audited(&plan, &statistics, 400);
    assert_eq!(audit.random.replayed, 400);
    let rate = audit.random.rate().rate;
    assert!(rate < 0.05, "{rate} of the fates differ in f64: {:?}", audit.differences);
}

#[test]
fn tables_and_pictures_hold_them() {
    let (spec, plan) = (spec(), Plan::new(&spec()));
    let statistics = statistics(&plan, on_cpu(&plan, &RunOptions::default()));
    let cells = table_of_cells(&plan, &statistics, &audited(&plan, &statistics, 5));
    let header = cells.lines().next().unwrap();
    let coordinates = "problem,penalty,optimizer,problem.target,penalty.strength,penalty.width,optimizer.learning_rate";
    assert!(header.starts_with(coordinates), "{header}");
    assert!(cells.contains("quadratic,logarithm,moments in_loss inverse,"), "{header}");
    let curve = String::from_utf8(curve_csv(&statistics)).unwrap();
    assert!(curve.starts_with("problem,penalty,penalty.width,optimizer,"), "{curve}");
    let maps = maps(&spec, &plan, &cells);
    assert_eq!((maps.files.len(), maps.notes.len()), (4, 0), "{:?}", maps.notes);
    let pictures = charts(&spec, &plan, &statistics, statistics.counted()).unwrap();
    let kinds = pictures.iter().find(|(name, _)| name == "kinds.svg").unwrap();
    assert!(String::from_utf8_lossy(&kinds.1).contains("width = 0.7"));
}

#[test]
fn a_penalty_without_a_slope_is_refused_where_one_is_needed() {
    let text = "steps = 10
penalty = { kind = 'hard', strength = 0.5 }
optimizer = { kind = 'subgradient', learning_rate = 0.1 }
start.w = 1.0";
    assert_eq!(
        parsed(text).unwrap_err(),
        "`subgradient` needs the slope of the penalty, and `hard` has none
  --> members.toml:4:22
   |
 4 | optimizer = { kind = 'subgradient', learning_rate = 0.1 }
   |                      ^^^^^^^^^^^^^
   = help: optimizers that fit `hard`: `proximal`, `moments proximal`"
    );
    let fits = parsed(&text.replace("subgradient", "proximal")).unwrap();
    let plan = Plan::new(&fits);
    assert_eq!(cpu_outcomes(&plan, 0..1), reference(&plan, 0..1));
}

/// What this crate knows is not what a kernel of others does: every law is silent.
#[test]
fn laws_are_silent_about_them() {
    let plan = Plan::new(&spec());
    assert!(forecasts(&plan).iter().all(|forecast| forecast.unanimous().is_none()));
    assert!(FAMILY.penalties.iter().all(|penalty| penalty.member.kind != "logarithm"));
}
