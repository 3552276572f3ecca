//! Where trajectories of one problem came to from different starts.

use super::Penalized;

/// The most distinct end points that are told apart, of a draw and a cell.
pub const MOST_END_POINTS: usize = 32;

/// Numbers that are kept of each of them.
pub const END_NUMBERS: usize = 5;

/// The end of a trajectory.
#[derive(Clone, Debug)]
pub struct End {
    pub w: Vec<f32>,
    pub objective: f64,
    /// The optimality residual there, as a slope.
    pub residual: f64,
}

/// Ends that are one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EndPoint {
    /// Trajectories that came there.
    pub trajectories: u64,
    /// Means over these: weights with a penalty that are not zero, the objective, and how far it is above the least of all; and the most
    /// that it is above.
    pub support: f64,
    pub objective: f64,
    pub gap: f64,
    pub gap_max: f64,
}

impl EndPoint {
    fn add(&mut self, support: f64, objective: f64, gap: f64) {
        self.trajectories += 1;
        let share = 1.0 / self.trajectories as f64;
        self.support += share * (support - self.support);
        self.objective += share * (objective - self.objective);
        self.gap += share * (gap - self.gap);
        self.gap_max = self.gap_max.max(gap);
    }
}

/// The distinct end points, the best first, whatever the order of the ends; beyond [`MOST_END_POINTS`] all others as one.
///
/// Each end joins the best end point that it is one with ([`Penalized::are_one`]).
pub fn end_points(penalized: &mut Penalized, mut ends: Vec<End>) -> Vec<EndPoint> {
    let by_weights = |a: &End, b: &End| a.w.iter().zip(&b.w).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
    ends.sort_by(|a, b| {
        a.objective.total_cmp(&b.objective).then_with(|| by_weights(a, b).unwrap_or(std::cmp::Ordering::Equal))
    });
    let mut points: Vec<(End, EndPoint)> = Vec::new();
    let Some(least) = ends.first().map(|end| end.objective) else { return Vec::new() };
    for end in ends {
        let known = points.iter().take(MOST_END_POINTS).position(|(first, _)| penalized.are_one(first, &end));
        let beyond = (points.len() > MOST_END_POINTS).then_some(MOST_END_POINTS);
        let (objective, support) = (end.objective, penalized.support(&end.w) as f64);
        let place = known.or(beyond).unwrap_or(points.len());
        if place == points.len() {
            points.push((end, EndPoint::default()));
        }
        points[place].1.add(support, objective, objective - least);
    }
    points.into_iter().map(|(_, point)| point).collect()
}

impl Penalized<'_> {
    /// Whether two ends are of one minimum, as far as their residuals let one know: where the objective is convex between them, the better
    /// one, at a, is less than at the other, b, by no more than the residual at b times |a - b|_1; and nowhere between is it higher than there
    /// by more than that.
    ///
    /// So the ends of a convex problem are always one. On the way it is looked at three times.
    pub fn are_one(&mut self, best: &End, other: &End) -> bool {
        if best.w == other.w {
            return true;
        }
        let distance: f64 = best.w.iter().zip(&other.w).map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs()).sum();
        let rounding = 1e-12 * best.objective.abs().max(other.objective.abs());
        let allowed = best.residual.max(other.residual) * distance + rounding;
        if other.objective - best.objective > allowed {
            return false;
        }
        [0.25, 0.5, 0.75].into_iter().all(|share| {
            let between = best.w.iter().zip(&other.w);
            let between: Vec<f64> =
                between.map(|(a, b)| f64::from(*a) + share * (f64::from(*b) - f64::from(*a))).collect();
            self.objective_at(&between) <= other.objective + allowed
        })
    }
}
