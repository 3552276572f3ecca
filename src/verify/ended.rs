//! One trajectory of many weights as the checks see it. Slopes and losses are summed row by row in f64, not by way of the Gram matrix that the
//! backends take.

use crate::backend::weights::lambda_scale;
use crate::direction::GRADIENT_DESCENT;
use crate::kernel::{Kernel, Role};
use crate::model::{DrawnRows, JUDGED_TO, Penalized};
use crate::plan::{Limits, Point, Section};
use crate::spec::AUTOMATIC_RATE;
use crate::theory::ROUNDING;
use crate::verdict::{Fate, Outcome};

/// What trajectories of a draw of rows share.
pub(super) struct Ground<'a> {
    pub rows: DrawnRows<'a>,
    /// The slopes of the loss at 0.
    pub at_zero: Vec<f64>,
    /// What `stop.kkt` is a share of.
    pub largest: f64,
    /// The least curvature of the loss: 0 where it is none that this knows.
    least_bend: f64,
    /// No less than its greatest curvature.
    most_bend: f64,
    /// What lambda is multiplied by.
    lambda_scale: f64,
}

impl<'a> Ground<'a> {
    pub fn new(rows: DrawnRows<'a>, section: &Section) -> Ground<'a> {
        let (model, weights) = (rows.model, rows.model.weights());
        let at_zero = slopes(&rows, &vec![0.0; weights]);
        let largest = rows.largest_slope();
        let least_bend = if model.is_parabola() { least_eigenvalue(&rows.moments.gram, weights) } else { 0.0 };
        let most_bend = rows.lipschitz();
        let lambda_scale = lambda_scale(&rows, section);
        Ground { at_zero, largest, least_bend, most_bend, lambda_scale, rows }
    }
}

/// The intercept that is none of the weights, at its best: the mean of y - X w; 0 where there is none.
fn intercept(rows: &DrawnRows, w: &[f64]) -> f64 {
    let off = |&(row, share): &(usize, f64)| share * (rows.model.responses[row] - rows.predictor(row, w));
    if rows.model.centred { rows.shares.iter().map(off).sum() } else { 0.0 }
}

/// The slopes of the loss at `w`.
fn slopes(rows: &DrawnRows, w: &[f64]) -> Vec<f64> {
    let model = rows.model;
    if !model.has_rows() {
        return rows.slopes(w);
    }
    let mut slopes = vec![0.0; w.len()];
    let intercept = intercept(rows, w);
    for &(row, share) in &rows.shares {
        let at = intercept + rows.predictor(row, w);
        let slope = share * (model.problem.slope_in_f64)(at, &model.of_rows.of(model.responses[row]));
        slopes.iter_mut().zip(&model.columns).for_each(|(own, column)| *own += slope * column[row]);
    }
    slopes
}

/// The loss at `w`.
fn loss(rows: &DrawnRows, w: &[f64]) -> f64 {
    let model = rows.model;
    if !model.has_rows() {
        return rows.loss(w, &rows.slopes(w));
    }
    let intercept = intercept(rows, w);
    let of_row = |&(row, share): &(usize, f64)| {
        let at = intercept + rows.predictor(row, w);
        share * (model.problem.value_in_f64)(at, &model.of_rows.of(model.responses[row]))
    };
    rows.shares.iter().map(of_row).sum()
}

/// The least eigenvalue of a matrix that has none below 0, from below: by halving, the greatest s for which matrix - s I has a Cholesky factor.
fn least_eigenvalue(matrix: &[f64], count: usize) -> f64 {
    const HALVINGS: u32 = 50;
    let least = (0..count).map(|place| matrix[place * count + place]).fold(f64::INFINITY, f64::min);
    let (mut low, mut high) = (0.0, least);
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if has_cholesky_factor(matrix, count, middle) { low = middle } else { high = middle }
    }
    low
}

/// Whether `matrix` - `shift` I has a Cholesky factor.
fn has_cholesky_factor(matrix: &[f64], count: usize, shift: f64) -> bool {
    let mut factor = vec![0.0; count * count];
    for row in 0..count {
        for column in 0..=row {
            let known: f64 = (0..column).map(|k| factor[row * count + k] * factor[column * count + k]).sum();
            let own = matrix[row * count + column] - known;
            if row != column {
                factor[row * count + column] = own / factor[column * count + column];
                continue;
            }
            if own - shift <= 0.0 {
                return false;
            }
            factor[row * count + row] = (own - shift).sqrt();
        }
    }
    true
}

/// How near to a minimum a trajectory is to have come.
#[derive(Clone, Copy)]
pub(super) struct Certificate {
    /// What is left of any slope at the most.
    pub slope: f64,
    /// How far the weights are from the only minimum at the most, in the 2-norm; `None` where the curvature gives no bound.
    pub reach: Option<f64>,
}

/// Where a trajectory ended.
pub(super) struct Ended<'a> {
    pub ground: &'a Ground<'a>,
    pub kernel: Kernel,
    point: Point,
    pub penalized: Penalized<'a>,
    pub limits: &'a Limits,
    /// Whether it came to a bound before its last step.
    is_done: bool,
    /// No numbers where it diverged.
    pub w: Vec<f64>,
    pub start: Vec<f64>,
    /// The slopes of the loss there.
    pub slopes: Vec<f64>,
    /// The learning rate.
    pub rate: f64,
    /// What coordinate descent in f64 comes to from 0, where the penalty is convex.
    pub minimum: Option<Vec<f64>>,
}

impl<'a> Ended<'a> {
    pub fn new(
        ground: &'a Ground<'a>,
        section: &Section,
        local: u64,
        outcomes: &[Outcome],
        limits: &'a Limits,
    ) -> Ended<'a> {
        let (kernel, mut point, rows) = (section.kernel, section.at(local), &ground.rows);
        if let Some(place) = place_of_lambda(kernel) {
            let own = &mut point.parameters[place];
            *own = (f64::from(*own) * ground.lambda_scale) as f32;
        }
        let mut penalized = Penalized::new(rows, kernel.penalty, kernel.values(Role::Penalty, &point));
        let w = weights(outcomes);
        let rate = match kernel.values(Role::Optimizer, &point)[0] {
            AUTOMATIC_RATE => 1.0 / ground.most_bend,
            rate => rate.into(),
        };
        let zeros = vec![0.0; w.len()];
        let is_convex = (kernel.penalty.convex)(&own(kernel, &point));
        let minimum = if is_convex { rows.judged(&mut penalized, &zeros) } else { None };
        let start = (0..w.len()).map(|place| rows.start(place, point.start).into()).collect();
        let is_done = outcomes.iter().all(|own| own.last_step < limits.steps && own.fate() != Fate::Diverged);
        Ended { ground, kernel, point, penalized, limits, is_done, slopes: slopes(rows, &w), w, start, rate, minimum }
    }

    /// The penalty's parameters.
    pub fn own(&self) -> Vec<f64> {
        own(self.kernel, &self.point)
    }

    /// Loss and penalty at `w`.
    pub fn objective(&self, w: &[f64]) -> f64 {
        let (mut own, lambda) = (self.own(), self.kernel.penalty.member.place("lambda"));
        let strength = lambda.map_or(0.0, |place| own[place]);
        let penalty = |(w, factor): (&f64, &f32)| {
            lambda.into_iter().for_each(|place| own[place] = strength * f64::from(*factor));
            if *factor == 0.0 { 0.0 } else { (self.kernel.penalty.in_f64.value)(*w, &own) }
        };
        loss(&self.ground.rows, w) + w.iter().zip(&self.ground.rows.model.factors).map(penalty).sum::<f64>()
    }

    /// The least curvature of loss and penalty together.
    pub fn least_bend(&self) -> f64 {
        let own = self.own();
        let factor = self.ground.rows.model.factors.iter().copied().fold(f32::INFINITY, f32::min);
        let of_penalty = match self.kernel.penalty.member.kind {
            "elastic_net" => own[0] * (1.0 - own[1]),
            "lk" if own[0] == 2.0 => 2.0 * own[1],
            _ => 0.0,
        };
        self.ground.least_bend + of_penalty * f64::from(factor)
    }

    /// The greatest curvature of the loss.
    pub fn most_bend(&self) -> f64 {
        self.ground.most_bend
    }

    /// What its spec promises of its end: by `stop.kkt`, or by its steps, each of which takes plain proximal steps nearer to the minimum of a
    /// parabola by the factor 1 - eta mu, mu the least curvature, and adds what it rounds. `None` where neither does, as of one that took all its
    /// steps to no bound.
    pub fn certificate(&self) -> Option<Certificate> {
        let (ground, bend, wide) = (self.ground, self.least_bend(), (self.w.len() as f64).sqrt());
        let known = bend > 1e-6 * ground.most_bend;
        if let Some(kkt) = ground.rows.model.kkt {
            if !self.is_done {
                return None;
            }
            // The judge of the backends adds up in another order.
            let slope = kkt * ground.largest * (1.0 + 1e-9);
            let judged = JUDGED_TO * ground.largest;
            return Some(Certificate { slope, reach: known.then(|| wide * (slope + judged) / bend) });
        }
        let minimum = self.minimum.as_ref()?;
        let pull = self.rate * ground.least_bend;
        if !self.is_plain() || !known || !(1e-3..1.0).contains(&pull) || self.rate * ground.most_bend > 1.0 + 1e-6 {
            return None;
        }
        let far = self.start.iter().chain(minimum).fold(0.0, |most: f64, own| most.max(own.abs()));
        let apart = distance(&self.start, minimum);
        let rounded = wide * (self.rate * self.rounding(2.0 * far) + 4.0 * ROUNDING * far);
        let reach = apart * (1.0 - pull).powi(self.limits.steps as i32 - 1) + rounded / pull;
        // The last step went no further than twice that, and what it left of slopes is what its length and the curvature make of it.
        Some(Certificate { slope: 4.0 * reach / self.rate, reach: Some(reach) })
    }

    /// Whether the other has a greater lambda, and all else in common.
    pub fn is_weaker_than(&self, other: &Ended) -> bool {
        let lambda = place_of_lambda(self.kernel);
        let is_other = |own: &usize| self.point.parameters[*own] != other.point.parameters[*own];
        let differing: Vec<usize> = (0..self.point.parameters.len()).filter(is_other).collect();
        self.point.start == other.point.start
            && differing.iter().all(|own| Some(*own) == lambda)
            && self.lambda() < other.lambda()
    }

    /// The penalty's strength; 0 where it has none.
    pub fn lambda(&self) -> f32 {
        place_of_lambda(self.kernel).map_or(0.0, |place| self.point.parameters[place])
    }

    /// Whether it takes no steps but those of gradient descent.
    pub fn is_plain(&self) -> bool {
        std::ptr::eq(self.kernel.optimizer.rule.direction, &GRADIENT_DESCENT)
    }

    /// What f32 rounds of a slope at weights of this size at the most.
    pub fn rounding(&self, size: f64) -> f64 {
        let (gram, weights) = (&self.ground.rows.moments.gram, self.w.len());
        let of_row = |place: usize| {
            let row = &gram[place * weights..(place + 1) * weights];
            row.iter().map(|own| own.abs()).sum::<f64>() * size + self.ground.at_zero[place].abs()
        };
        (weights as f64 + 4.0) * ROUNDING * (0..weights).map(of_row).fold(0.0, f64::max)
    }

    /// Whether a proximal step along a slope of this size leaves a weight that is zero there.
    pub fn holds(&mut self, place: usize, slope: f64) -> bool {
        let rate = self.rate;
        self.penalized.prox_alone(place, rate * slope, rate) == Some(0.0)
    }
}

/// The weights that a trajectory ended at, which are no numbers where one diverged.
pub(super) fn weights(outcomes: &[Outcome]) -> Vec<f64> {
    let diverged = outcomes.iter().any(|outcome| outcome.fate() == Fate::Diverged);
    outcomes.iter().map(|outcome| if diverged { f64::NAN } else { outcome.last.into() }).collect()
}

/// Where lambda stands among a kernel's parameters; `None` where its penalty has none.
fn place_of_lambda(kernel: Kernel) -> Option<usize> {
    kernel.penalty.member.place("lambda").map(|place| kernel.own(Role::Penalty).start + place)
}

fn own(kernel: Kernel, point: &Point) -> Vec<f64> {
    kernel.values(Role::Penalty, point).iter().map(|&value| value.into()).collect()
}

/// The 2-norm of a difference.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// The 1-norm of a difference.
pub(super) fn path(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}
