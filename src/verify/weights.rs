//! Many weights by proximal steps, F(w) = L(w) + sum of lambda R(w_j): where trajectories end, put to convex analysis. s are the slopes of the loss.

use super::ended::{Ended, distance, path};
use super::expected::{Expected, Met, Reading};
use super::trial::LOOSE;
use crate::penalty::{ELASTIC_NET, L0, LK, MCP, SCAD};

/// F is convex: with no more than e left of any slope F(w) - F(w*) <= e |w - w*|_1, and |w - w*|_2 <= sqrt(D) e / mu where its least curvature is mu.
pub(super) fn minimum(ended: &mut Ended) -> Vec<Met> {
    let (Some(certificate), Some(minimum)) = (ended.certificate(), ended.minimum.clone()) else { return Vec::new() };
    let (here, least) = (ended.objective(&ended.w), ended.objective(&minimum));
    // f64 sums some hundred rows.
    let rounded = 1e-13 * (here.abs() + least.abs() + 1.0);
    let excess = certificate.slope * path(&ended.w, &minimum) + rounded;
    let near = certificate
        .reach
        .map(|reach| Expected::at_most(Reading::Distance, 0.0, reach).beside(distance(&ended.w, &minimum)));
    [Expected::at_most(Reading::Excess, 0.0, excess).beside(here - least)].into_iter().chain(near).collect()
}

/// What is zero on one side alone is within reach of it on the other: a weight by its size, a zero by what its slope lacks.
pub(super) fn zeros(ended: &mut Ended) -> Vec<Met> {
    let (Some(certificate), Some(minimum)) = (ended.certificate(), ended.minimum.clone()) else { return Vec::new() };
    let Some(reach) = certificate.reach else { return Vec::new() };
    let lacks = certificate.slope + ended.most_bend() * reach;
    let slopes = ended.slopes.clone();
    let amiss = (0..slopes.len()).filter(|&place| match (ended.w[place] == 0.0, minimum[place] == 0.0) {
        (true, false) => minimum[place].abs() > reach,
        (false, true) => ended.holds(place, slopes[place].abs() + lacks),
        _ => false,
    });
    vec![Expected::exactly(Reading::Amiss, 0.0).beside(amiss.count() as f64)]
}

/// Where a weight is not zero: s + lambda R'(w) = 0.
pub(super) fn stationary(ended: &mut Ended) -> Vec<Met> {
    let Some(certificate) = ended.certificate() else { return Vec::new() };
    let (own, lambda) = (ended.own(), ended.kernel.penalty.member.place("lambda"));
    let left = |place: usize| {
        let mut own = own.clone();
        let factor = f64::from(ended.ground.rows.model.factors[place]);
        lambda.into_iter().for_each(|lambda| own[lambda] *= factor);
        let pull = if factor == 0.0 { 0.0 } else { (ended.kernel.penalty.in_f64.slope)(ended.w[place], &own) };
        (ended.slopes[place] + pull).abs()
    };
    // Not a maximum: what is no number stays one.
    let most = (0..ended.w.len()).filter(|place| ended.w[*place] != 0.0).map(left);
    let most = most.fold(0.0, |most, own| if own <= most { most } else { own });
    vec![Expected::at_most(Reading::Slope, 0.0, certificate.slope).beside(most)]
}

/// Where a weight is zero a proximal step in f64 leaves it there: the place that the last step began at was no further away than the
/// certificate lets a step go.
pub(super) fn held(ended: &mut Ended) -> Vec<Met> {
    let Some(certificate) = ended.certificate() else { return Vec::new() };
    let far = ended.w.iter().fold(0.0, |most: f64, own| most.max(own.abs()));
    let slack = certificate.slope * (1.0 + (ended.w.len() as f64).sqrt()) + ended.rounding(far);
    let zeros: Vec<usize> = (0..ended.w.len()).filter(|place| ended.w[*place] == 0.0).collect();
    if zeros.is_empty() {
        return Vec::new();
    }
    let slopes = ended.slopes.clone();
    let amiss = zeros.iter().filter(|&&place| !ended.holds(place, (slopes[place].abs() - slack).max(0.0)));
    vec![Expected::exactly(Reading::Amiss, 0.0).beside(amiss.count() as f64)]
}

/// eta |s'| <= 1: each step that is not FISTA's takes F down, but for its roundings; and so does the way to the minimum of a convex one.
pub(super) fn descends(ended: &mut Ended) -> Vec<Met> {
    let is_short = ended.rate * ended.most_bend() <= 1.0 + 1e-6 && ended.ground.rows.model.is_parabola();
    if !(ended.is_plain() && is_short || ended.minimum.is_some() && ended.certificate().is_some()) {
        return Vec::new();
    }
    let (here, before) = (ended.objective(&ended.w), ended.objective(&ended.start));
    vec![Expected::at_most(Reading::Objective, before, LOOSE * (1.0 + before.abs())).beside(here)]
}

/// L = sum of a_j/2 (w_j - t_j)^2: each weight ends where it does alone.
pub(super) fn alone(ended: &mut Ended) -> Vec<Met> {
    let (rows, count) = (&ended.ground.rows, ended.w.len());
    let gram = &rows.moments.gram;
    let is_diagonal = (0..count * count).all(|place| place % (count + 1) == 0 || gram[place] == 0.0);
    let (eta, own) = (ended.rate, ended.own());
    if !rows.model.is_parabola() || !is_diagonal || !ended.is_plain() || rows.model.kkt.is_some() {
        return Vec::new();
    }
    let of_weight = |place: usize| {
        let a = gram[place * count + place];
        let (t, factor) = (-ended.ground.at_zero[place] / a, f64::from(rows.model.factors[place]));
        let Law { end, threshold, left } = law(ended, &own, factor, a, t)?;
        // Nearer to a threshold than rounding tells.
        let is_near = (t.abs() - threshold).abs() <= LOOSE * threshold;
        let remains = (ended.start[place] - end).abs() * left.powi(ended.limits.steps as i32);
        if is_near || eta * a > 1.0 || (threshold > 0.0 && remains > 1e-9) {
            return None;
        }
        // Each step rounds by some units, and the next ones keep the share `left` of it.
        let rounded = if end == 0.0 { 0.0 } else { LOOSE * t.abs() / (1.0 - left) };
        Some(Expected::near(Reading::Weight, end, rounded + remains).beside(ended.w[place]))
    };
    (0..count).filter_map(of_weight).collect()
}

/// What becomes of one weight.
struct Law {
    end: f64,
    /// The size of t up to which that is 0.
    threshold: f64,
    /// The share of its distance from there that a step leaves at the most.
    left: f64,
}

/// The law of one weight with the loss a/2 (w - t)^2: soft, firm and hard thresholds, SCAD's, and shrinkage. Of what has several minima it is the
/// one that a start at 0 leads to.
fn law(ended: &Ended, own: &[f64], factor: f64, a: f64, t: f64) -> Option<Law> {
    let (penalty, size, eta) = (ended.kernel.penalty, t.abs(), ended.rate);
    let from_zero = ended.start.iter().all(|start| *start == 0.0);
    let with_sign = |end: f64, threshold: f64, left: f64| Some(Law { end: end.copysign(t), threshold, left });
    let loose = 1.0 - eta * a;
    let soft = |u: f64| (size - u).max(0.0);
    match () {
        () if penalty == &LK && own[0] == 1.0 => {
            let u = own[1] * factor / a;
            with_sign(soft(u), u, loose)
        }
        () if penalty == &LK && own[0] == 2.0 => with_sign(a * size / (a + 2.0 * own[1] * factor), 0.0, loose),
        () if penalty == &ELASTIC_NET => {
            let (lambda, ratio) = (own[0] * factor, own[1]);
            let u = lambda * ratio / a;
            with_sign(a * soft(u) / (a + lambda * (1.0 - ratio)), u, loose)
        }
        () if penalty == &MCP && own[1] * a > 1.0 && own[1] > eta => {
            let (u, gamma) = (own[0] * factor / a, own[1]);
            let end = if size <= gamma * own[0] * factor { soft(u) / (1.0 - 1.0 / (gamma * a)) } else { size };
            with_sign(end, u, loose / (1.0 - eta / gamma))
        }
        () if penalty == &SCAD && (own[1] - 1.0) * a > 1.0 && own[1] - 1.0 > eta => {
            let (lambda, gamma) = (own[0] * factor, own[1]);
            let end = match size {
                size if size <= lambda + lambda / a => soft(lambda / a),
                size if size <= gamma * lambda => {
                    ((gamma - 1.0) * a * size - gamma * lambda) / ((gamma - 1.0) * a - 1.0)
                }
                size => size,
            };
            with_sign(end, lambda / a, loose / (1.0 - eta / (gamma - 1.0)))
        }
        // The first step leaves 0 where eta a |t| > sqrt(2 eta lambda), and those after it go on.
        () if penalty == &L0 && from_zero => {
            let threshold = (2.0 * own[0] * factor / eta).sqrt() / a;
            with_sign(if size > threshold { size } else { 0.0 }, threshold, loose)
        }
        () => None,
    }
}

/// From 0, R like r |w| at 0: no weight leaves it iff |s_j| <= lambda r for all slopes at 0. And where one is beyond that, and the minimum along it
/// alone keeps the others below it, that one is all there is, if F is convex with a least curvature.
pub(super) fn entering(ended: &mut Ended) -> Vec<Met> {
    let own = ended.own();
    let rows = &ended.ground.rows;
    let (factors, from_zero) = (&rows.model.factors, ended.start.iter().all(|start| *start == 0.0));
    if (ended.kernel.penalty.power_at_zero)(&own) != 1.0 || !from_zero || factors.iter().any(|own| *own != 1.0) {
        return Vec::new();
    }
    let pull = (ended.kernel.penalty.in_f64.slope)(f64::MIN_POSITIVE, &own);
    let at_zero = &ended.ground.at_zero;
    let support = ended.w.iter().filter(|w| **w != 0.0).count() as f64;
    let margin = LOOSE * ended.ground.largest;
    if at_zero.iter().all(|slope| slope.abs() <= pull - margin) {
        let leaves_early = !ended.holds(0, pull * (1.0 - LOOSE));
        let expected = Expected::exactly(Reading::Support, 0.0).beside(support);
        return if leaves_early { Vec::new() } else { vec![expected] };
    }
    if at_zero.iter().filter(|slope| slope.abs() > pull + margin).count() != 1 || !rows.model.is_parabola() {
        return Vec::new();
    }
    let Some(certificate) = ended.certificate() else { return Vec::new() };
    let (Some(reach), Some(_)) = (certificate.reach, &ended.minimum) else { return Vec::new() };
    let count = ended.w.len();
    let first = (0..count).find(|place| at_zero[*place].abs() > pull + margin).expect("one should be beyond");
    let column = |place: usize| rows.moments.gram[place * count + first];
    let start = at_zero[first];
    let Some(end) = ended.penalized.prox_alone(first, -start / column(first), 1.0 / column(first)) else {
        return Vec::new();
    };
    let lacks = certificate.slope + ended.most_bend() * reach;
    let others = (0..count).filter(|place| *place != first);
    if end.abs() <= reach || others.clone().any(|place| (at_zero[place] + column(place) * end).abs() > pull - lacks) {
        return Vec::new();
    }
    vec![
        Expected::exactly(Reading::Support, 1.0).beside(support),
        Expected::near(Reading::Weight, end, reach).beside(ended.w[first]),
    ]
}

/// Of two trajectories that differ in lambda alone: F_a(w_a) <= F_a(w_b) + e |w_a - w_b|_1 <= F_b(w_b) + e |w_a - w_b|_1 for a < b, where F_a is
/// convex and no more than e is left of any slope at w_a.
pub(super) fn grows(ended: &mut Ended, weaker: &mut Ended) -> Vec<Met> {
    let Some(certificate) = weaker.certificate().filter(|_| weaker.minimum.is_some()) else { return Vec::new() };
    let (here, least) = (ended.objective(&ended.w), weaker.objective(&weaker.w));
    let excess = certificate.slope * path(&ended.w, &weaker.w) + 1e-13 * (here.abs() + 1.0);
    vec![Expected::at_least(Reading::Objective, least, excess).beside(here)]
}
