//! The weights at which a penalty is no more than so much.

use super::surface::Place;

/// Ways between an axis and a diagonal.
const WAYS: usize = 64;

/// Halvings on the way to the edge of the set.
const HALVINGS: u32 = 60;

/// The set {penalty <= most} as far as it lies in the picture, which goes from -reach to reach along each weight: its outermost places on ways that go
/// round 0, and whether the set goes on beyond the picture there. A penalty that grows with each weight holds no hole, and all of it is
/// seen from 0.
pub fn edge(penalty: &mut dyn FnMut(Place) -> f64, most: f64, reach: [f64; 2]) -> Vec<(Place, bool)> {
    let mut holds =
        |way: Place, share: f64| penalty((share * way.0 * reach[0], share * way.1 * reach[1])) <= most * (1.0 + 1e-12);
    let at = |way: Place, share: f64| (share * way.0 * reach[0], share * way.1 * reach[1]);
    let ways = ways();
    let goes_on: Vec<bool> = ways.iter().map(|way| holds(*way, 1.0)).collect();
    let mut edge = Vec::new();
    for (place, &way) in ways.iter().enumerate() {
        let share = if goes_on[place] { 1.0 } else { last_that_holds(|share| holds(way, share)) };
        edge.push((at(way, share), goes_on[place]));
        // Where it leaves the picture, or comes back.
        let next = (place + 1) % ways.len();
        if goes_on[place] != goes_on[next] {
            let (from, to) = if goes_on[place] { (way, ways[next]) } else { (ways[next], way) };
            let between = |share: f64| (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            let share = last_that_holds(|share| holds(between(share), 1.0));
            edge.push((at(between(share), 1.0), false));
        }
    }
    edge
}

/// The greatest share of which it holds, where it holds of all lesser ones and of no greater one.
fn last_that_holds(mut holds: impl FnMut(f64) -> bool) -> f64 {
    let (mut inside, mut outside) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = (inside + outside) / 2.0;
        if holds(middle) { inside = middle } else { outside = middle }
    }
    inside
}

/// The lines that an [`edge`] is made of, without those along the sides of the picture.
pub fn outline(edge: &[(Place, bool)]) -> Vec<Vec<Place>> {
    // All the way round, from where it leaves the picture if it does.
    let first = edge.iter().position(|(_, goes_on)| *goes_on).unwrap_or(0);
    let round: Vec<(Place, bool)> =
        edge[first..].iter().chain(&edge[..first]).chain(&edge[first..=first]).copied().collect();
    let runs = round.split(|(_, goes_on)| *goes_on).filter(|run| run.len() > 1);
    runs.map(|run| run.iter().map(|(place, _)| *place).collect()).collect()
}

/// Places on the edge of the square from -1 to 1, all the way round: the four axes and the four corners among them, and more of them the
/// nearer to an axis.
fn ways() -> Vec<Place> {
    // Sets have their tips on the axes.
    let away = |step: usize| {
        let share = step as f64 / WAYS as f64;
        let cube = share * share * share;
        cube * cube
    };
    // From the right to the corner above it, and on to the top.
    let first = (0..WAYS).map(|step| (1.0, away(step)));
    let second = (1..=WAYS).rev().map(|step| (away(step), 1.0));
    let quarter: Vec<Place> = first.chain(second).collect();
    let turns: [fn(Place) -> Place; 4] = [|own| own, |(x, y)| (-y, x), |(x, y)| (-x, -y), |(x, y)| (y, -x)];
    turns.into_iter().flat_map(|turn| quarter.iter().copied().map(turn)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::penalty::{L0, LK, MCP, Penalty};

    const REACH: [f64; 2] = [2.0, 1.0];

    fn of(row: &'static Penalty, own: &'static [f64]) -> impl FnMut(Place) -> f64 {
        move |(x, y)| (row.in_f64.value)(x, own) + (row.in_f64.value)(y, own)
    }

    /// |x|^k + |y|^k is the same all along, and the tips are on the axes.
    #[test]
    fn the_edges_of_powers_are_where_powers_are_the_same() {
        for k in [0.25, 0.5, 1.0, 2.0, 4.0] {
            let own: &'static [f64] = Box::leak(Box::new([k, 0.3]));
            let edge = edge(&mut of(&LK, own), 0.3 * 0.7_f64.powf(k), REACH);
            for ((x, y), goes_on) in &edge {
                let size = (x.abs().powf(k) + y.abs().powf(k)).powf(1.0 / k);
                // Halvings leave 2^-60 of the way; the root of a small k makes more of what rounding leaves of the sum.
                assert!((size - 0.7).abs() < 1e-9 && !goes_on, "k = {k}: {x}, {y}");
            }
            let has = |place: Place| edge.iter().any(|((x, y), _)| (x - place.0).abs() + (y - place.1).abs() < 1e-9);
            assert!([(0.7, 0.0), (-0.7, 0.0), (0.0, 0.7), (0.0, -0.7)].into_iter().all(has), "k = {k}");
            let [line] = &outline(&edge)[..] else { panic!("k = {k}: one line") };
            assert_eq!(line.first(), line.last(), "k = {k}: closed");
        }
    }

    /// Of both weights, one of which is flat, MCP leaves the other one room: a cross, whose arms end at the frame.
    #[test]
    fn a_flat_penalty_has_a_set_without_an_end() {
        let (lambda, gamma) = (0.1, 3.0);
        // Half a gamma lambda^2 for the flat weight, and for the other one what 0.05 costs.
        let most = gamma * lambda * lambda / 2.0 + lambda * 0.05 - 0.05 * 0.05 / (2.0 * gamma);
        let edge = edge(&mut of(&MCP, &[0.1, 3.0]), most, REACH);
        let lines = outline(&edge);
        assert_eq!(lines.len(), 4);
        for line in &lines {
            for (x, y) in [line[0], line[line.len() - 1]] {
                let (along, across) = if x.abs() > y.abs() { (x.abs() / REACH[0], y) } else { (y.abs() / REACH[1], x) };
                assert!((along - 1.0).abs() < 1e-9 && (across.abs() - 0.05).abs() < 1e-9, "{x}, {y}");
            }
        }
    }

    #[test]
    fn one_weight_that_is_not_zero_is_a_cross_without_width() {
        let edge = edge(&mut of(&L0, &[0.5]), 0.5, REACH);
        assert!(edge.iter().all(|((x, y), _)| x.abs().min(y.abs()) < 1e-12));
        assert_eq!(edge.iter().filter(|(_, goes_on)| *goes_on).count(), 4);
    }
}
