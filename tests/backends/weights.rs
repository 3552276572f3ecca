//! Many weights on the CPU: as single weights where they are independent, and the same bytes however they are run.

use crate::support;
use crate::support::tables::{Regression, plan, scratch_table, tallies};
use std::collections::BTreeMap;
use tempfile::NamedTempFile;
use zerosweep::backend::RunOptions;
use zerosweep::backend::cpu::Vectors;
use zerosweep::model::MEASURES;
use zerosweep::plan::Plan;
use zerosweep::verdict::Tally;

/// Two columns that are orthogonal and of length 1 a row, and what they explain with 0.75 and -0.25.
const ORTHOGONAL: &str = "a,b,y\n1,1,0.5\n1,-1,1\n-1,1,-1\n-1,-1,-0.5\n";

/// A table of so many rows and columns, with correlated columns and a response that follows some of them.
pub fn correlated(rows: usize, columns: usize) -> NamedTempFile {
    let mut state = 88_172_645_463_325_252_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let names: Vec<String> = (0..columns).map(|column| format!("x{column}")).collect();
    let mut text = format!("{},y\n", names.join(","));
    for _ in 0..rows {
        let shared = random();
        let values: Vec<f64> = (0..columns).map(|_| shared + random()).collect();
        let y: f64 = values.iter().step_by(3).sum::<f64>() + 0.3 * random();
        let fields: Vec<String> = values.iter().chain([&y]).map(f64::to_string).collect();
        text += &(fields.join(",") + "\n");
    }
    scratch_table(&text)
}

/// Where the loss is a sum of parabolas of one weight each, every weight has the outcomes, to the last bit, that it has alone. (None
/// diverges: that would end the others, too.)
#[test]
fn weights_that_do_not_meet_are_weights_alone() {
    let table = scratch_table(ORTHOGONAL);
    let starts = "start.w = [-1.5, -0.3, 0.0, 0.1, 1.25]\nreport = { pool = ['start.w'] }\n";
    let lk = "penalty = { kind = 'lk', k = [0.5, 0.7, 1.0, 1.3, 1.5, 2.0, 3.0, 4.0], lambda = [0.0, 0.1, 0.5] }\n";
    let mcp = "penalty = { kind = ['mcp', 'scad'], lambda = [0.1, 0.5], gamma = 3.0 }\n";
    let net = "penalty = { kind = 'elastic_net', lambda = [0.1, 0.5], l1_ratio = [0.2, 1.0] }\n";
    // A cusp at 0 throws the factors of a weight beyond all bounds.
    let convex = "penalty = { kind = 'lk', k = [1.0, 1.5, 2.0, 3.0], lambda = [0.0, 0.1, 0.5] }\n";
    let with_all = [lk, mcp, net];
    let of = |kind: &str| format!("optimizer = {{ kind = '{kind}', learning_rate = [0.05, 0.25] }}\n");
    let cases: Vec<(Vec<&str>, String)> = vec![
        (with_all.to_vec(), of("subgradient")),
        (with_all.to_vec(), of("truncated")),
        (with_all.to_vec(), of("proximal")),
        (with_all.to_vec(), of("fista")),
        (vec![convex], of("spred")),
        (vec![lk], of("adagrad").replace(" }", ", penalty_step = 'in_loss' }")),
        (vec![lk, net], of("adam").replace(" }", ", penalty_step = ['in_loss', 'decoupled', 'proximal'] }")),
        (vec![lk], of("heavy_ball").replace(" }", ", momentum = 0.9, penalty_step = ['in_loss', 'proximal'] }")),
        (vec![lk], of("nesterov").replace(" }", ", momentum = 0.9 }")),
        (vec![lk], of("gradient_descent").replace(" }", ", penalty_step = ['sticky', 'cumulative'] }")),
        (vec![net], of("proximal").replace(" }", ", precision = ['f16', 'bf16'] }")),
        (vec![lk], of("proximal").replace(" }", ", schedule = { kind = 'exponential', factor = 0.99 } }")),
        (vec![lk], of("subgradient").replace(" }", ", lambda_schedule = { kind = 'ramp', over = 100, to = 2.0 } }")),
    ];
    for (penalties, optimizer) in cases {
        for penalty in penalties {
            let rest = format!("name = 'alone'\nsteps = 300\n{starts}{penalty}{optimizer}");
            let together = plan(&format!(
                "{rest}problem = {{ kind = 'least_squares', table = '{}', response = 'y' }}\n",
                table.path().display()
            ));
            let together = tallies(&together, &RunOptions::default());
            for (weight, target) in ["0.75", "-0.25"].into_iter().enumerate() {
                let alone = support::plan(
                    &format!("{rest}problem = {{ kind = 'quadratic', target = {target} }}\n")
                        .replace("name = 'alone'\n", ""),
                );
                let alone = by_cell(&alone);
                let of_weight = together.iter().filter(|(place, _)| place % 3 == weight as u64);
                let of_weight =
                    of_weight.map(|(place, tally)| (place / 3, Tally { samples: Vec::new(), ..tally.clone() }));
                assert_eq!(of_weight.collect::<BTreeMap<_, _>>(), alone, "{rest}{target}");
            }
        }
    }
}

fn by_cell(plan: &Plan) -> BTreeMap<u64, Tally> {
    let mut all: BTreeMap<u64, Tally> = BTreeMap::new();
    for batch in support::on_cpu(plan, &RunOptions::default()) {
        batch.tallies.into_iter().for_each(|(cell, tally)| all.entry(cell).or_default().merge(&tally, 0));
    }
    all
}

const SWEEP: &str = "name = 'ways'\nsteps = 400\nstop = { kkt = 1e-3 }\npenalty = { kind = 'lk', k = 1.0, lambda = { path = 70, ratio = 0.01 } }\n";

#[test]
fn threads_batches_and_vectors_show_in_no_tally() {
    for kind in ["least_squares", "logistic_regression", "poisson_regression"] {
        // Classes are counts, too.
        let table = if kind == "least_squares" { correlated(30, 7) } else { classes(60, 5) };
        let plan = plan(&format!(
            "{SWEEP}problem = {{ kind = '{kind}', table = '{}', response = 'y', resample = {{ bootstrap = 9, seed = 3 }} }}\n",
            table.path().display()
        ));
        let whole = tallies(&plan, &RunOptions::default());
        assert!(!whole.is_empty());
        let options = |threads, batch, vectors| RunOptions { threads, batch, vectors, ..RunOptions::default() };
        for (threads, batch) in [(Some(1), None), (Some(3), Some(1)), (Some(2), Some(97)), (None, Some(64))] {
            assert_eq!(tallies(&plan, &options(threads, batch, None)), whole, "{threads:?} {batch:?}");
        }
        for vectors in Vectors::available() {
            assert_eq!(tallies(&plan, &options(None, None, Some(vectors))), whole, "{}", vectors.name());
        }
    }
}

/// A design is the same, and so is what is measured against its truth.
#[test]
fn threads_batches_and_vectors_show_in_no_design() {
    let text = format!(
        "{SWEEP}problem = {{ kind = 'least_squares', design = {{ rows = 25, columns = 40, support = 4, correlation = 0.5, noise = 0.5, seed = 2 }}, resample \
         = {{ bootstrap = 9, seed = 3 }} }}\n"
    );
    let whole = tallies(&plan(&text), &RunOptions::default());
    let options = |threads, batch, vectors| RunOptions { threads, batch, vectors, ..RunOptions::default() };
    for (threads, batch) in [(Some(1), None), (Some(3), Some(1)), (Some(2), Some(97)), (None, Some(64))] {
        assert_eq!(tallies(&plan(&text), &options(threads, batch, None)), whole, "{threads:?} {batch:?}");
    }
    for vectors in Vectors::available() {
        assert_eq!(tallies(&plan(&text), &options(None, None, Some(vectors))), whole, "{}", vectors.name());
    }
}

/// Starts of each weight's own and what is made of their ends are the same, however the work is cut.
#[test]
fn threads_batches_and_vectors_show_in_no_end_point() {
    let table = correlated(30, 7);
    let plan = plan(&format!(
        "name = 'ways'\nsteps = 300\nstop = {{ kkt = 1e-3 }}\npenalty = {{ kind = 'mcp', lambda = {{ path = 5, ratio = 0.1 }} }}\nstart.w = {{ normal = [0.0, \
         2.0], count = 11, seed = 5 }}\nproblem = {{ kind = 'least_squares', table = '{}', response = 'y', resample = {{ bootstrap = 9, seed = 3 }} }}\n",
        table.path().display()
    ));
    let whole = tallies(&plan, &RunOptions::default());
    let most = whole.iter().map(|(_, tally)| tally.samples.len()).max();
    assert!(most > Some(MEASURES + 4), "some cell should have two end points, and each has four numbers");
    let options = |threads, batch, vectors| RunOptions { threads, batch, vectors, ..RunOptions::default() };
    for (threads, batch) in [(Some(1), None), (Some(3), Some(1)), (Some(2), Some(97)), (None, Some(64))] {
        assert_eq!(tallies(&plan, &options(threads, batch, None)), whole, "{threads:?} {batch:?}");
    }
    for vectors in Vectors::available() {
        assert_eq!(tallies(&plan, &options(None, None, Some(vectors))), whole, "{}", vectors.name());
    }
}

/// A table with two classes.
pub fn classes(rows: usize, columns: usize) -> NamedTempFile {
    let table = correlated(rows, columns);
    let text = std::fs::read_to_string(table.path()).expect("text");
    let line = |line: &str| {
        let (head, y) = line.rsplit_once(',').expect("a last field");
        let class = y.parse::<f64>().map_or("y", |y| if y > 0.2 { "1" } else { "0" });
        format!("{head},{class}\n")
    };
    scratch_table(&text.lines().map(line).collect::<String>())
}

/// Where columns are more than rows, slopes go through the rows: the solution is one by its certificate, and all that it left is small.
#[test]
fn more_columns_than_rows_are_solved_by_their_rows() {
    let table = correlated(8, 40);
    let regression = Regression::run(&format!(
        "name = 'wide'\nsteps = 20000\nstop = {{ kkt = 1e-4 }}\npenalty = {{ kind = 'elastic_net', l1_ratio = 0.9, lambda = {{ path = 20, ratio = \
         0.05 }} }}\nproblem = {{ kind = 'least_squares', table = '{}', response = 'y' }}\n",
        table.path().display()
    ));
    for cell in 0..regression.cells() {
        let whole = regression.whole(cell);
        let [support, steps, objective, residual, gap, held_out, ..] = whole.spreads[..] else { panic!("measures") };
        assert!(residual.mean <= 1e-4, "{cell}: {}", residual.mean);
        assert!(gap.mean <= 1e-3 * objective.mean, "{cell}: {} of {}", gap.mean, objective.mean);
        assert!(steps.mean < 20_000.0 && held_out.count == 0);
        assert_eq!(support.mean == 0.0, cell == 0, "all are zero at the first lambda alone");
    }
}
