//! Of many groups of cells those that show what changes.

use super::GroupSummary;

/// How far a row that lies in the middle of a gap, where nothing changes, counts as a change: so that what is kept is spread evenly.
const SPREAD: f64 = 1e-3;

/// At most `most_groups` of `groups`, those of at most `most_penalties`, whole: each penalty with all its optimizers, which stand beside
/// each other. The first and the last penalty are kept, then again and again that which is furthest from the straight line between the
/// kept ones on either side of it, in the share of some way to end.
pub fn thinned<'a>(
    groups: &[&'a GroupSummary],
    tolerances: &[f32],
    most_groups: usize,
    most_penalties: usize,
) -> Vec<&'a GroupSummary> {
    let penalties: Vec<&[&GroupSummary]> =
        groups.chunk_by(|a, b| a.group.penalty_key() == b.group.penalty_key()).collect();
    let rows: Vec<Vec<f64>> = penalties.iter().map(|penalty| shares(penalty, tolerances)).collect();
    let alike = |a: usize, b: usize| {
        let kinds = [a, b].map(|place| {
            penalties[place].iter().map(|own| (own.group.roles(), own.group.optimizer)).collect::<Vec<_>>()
        });
        kinds[0] == kinds[1]
    };
    let mut kept: Vec<usize> = Vec::new();
    let mut count = 0;
    for place in by_importance(&rows, alike).into_iter().take(most_penalties) {
        count += penalties[place].len();
        if count > most_groups && !kept.is_empty() {
            break;
        }
        kept.push(place);
    }
    kept.sort_unstable();
    kept.into_iter().flat_map(|place| penalties[place].iter().copied()).take(most_groups).collect()
}

/// So many of `rows`, which are alike, by their places: the ends, then those that are furthest from the line between others.
pub fn most_telling(rows: &[Vec<f64>], count: usize) -> Vec<usize> {
    let mut places = by_importance(rows, |_, _| true);
    places.truncate(count);
    places.sort_unstable();
    places
}

/// The share of each way to end, optimizer by optimizer.
fn shares(penalty: &[&GroupSummary], tolerances: &[f32]) -> Vec<f64> {
    let of_group = |group: &&GroupSummary| {
        let total = group.summary.trajectories.max(1) as f64;
        group.summary.kinds(tolerances).into_iter().map(move |(_, count)| count as f64 / total).collect::<Vec<f64>>()
    };
    penalty.iter().flat_map(of_group).collect()
}

/// The places of all rows: the ends, then by how much is lost without them. Rows that are not `alike` have no line between them.
fn by_importance(rows: &[Vec<f64>], alike: impl Fn(usize, usize) -> bool) -> Vec<usize> {
    if rows.len() <= 2 {
        return (0..rows.len()).collect();
    }
    let last = rows.len() - 1;
    let mut order = vec![0, last];
    let mut gaps = vec![(worst(rows, &alike, 0, last), 0, last)];
    while let Some(next) = (0..gaps.len()).max_by(|&a, &b| gaps[a].0.1.total_cmp(&gaps[b].0.1).then(b.cmp(&a))) {
        let ((place, _), from, to) = gaps.swap_remove(next);
        order.push(place);
        for (from, to) in [(from, place), (place, to)] {
            if to - from > 1 {
                gaps.push((worst(rows, &alike, from, to), from, to));
            }
        }
    }
    order
}

/// The row between two others that is furthest from the line between them, and how far.
fn worst(rows: &[Vec<f64>], alike: &impl Fn(usize, usize) -> bool, from: usize, to: usize) -> (usize, f64) {
    let distance = |place: usize| {
        let share = (place - from) as f64 / (to - from) as f64;
        let in_gap = SPREAD * (place - from).min(to - place) as f64 / rows.len() as f64;
        if !alike(from, place) || !alike(place, to) {
            // Where one kind ends and the next begins.
            let is_edge = !alike(place - 1, place) || !alike(place, place + 1);
            return in_gap + if is_edge { 1.0 } else { 0.0 };
        }
        let line = rows[from].iter().zip(&rows[to]).map(|(a, b)| a + share * (b - a));
        in_gap + rows[place].iter().zip(line).map(|(own, line)| (own - line).abs()).fold(0.0, f64::max)
    };
    let all = (from + 1..to).map(|place| (place, distance(place)));
    all.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).expect("a gap should hold a row")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(rows: &[f64], count: usize) -> Vec<usize> {
        let rows: Vec<Vec<f64>> = rows.iter().map(|row| vec![*row]).collect();
        let mut kept: Vec<usize> = by_importance(&rows, |_, _| true).into_iter().take(count).collect();
        kept.sort_unstable();
        kept
    }

    #[test]
    fn both_sides_of_a_jump_are_kept() {
        let jump: Vec<f64> = (0..41).map(|place| if place < 17 { 0.9 } else { 0.0 }).collect();
        let kept = first(&jump, 6);
        assert!(kept.contains(&16) && kept.contains(&17), "{kept:?}");
        let spike: Vec<f64> = (0..41).map(|place| f64::from(u8::from(place == 23))).collect();
        let kept = first(&spike, 6);
        assert!([22, 23, 24].iter().all(|place| kept.contains(place)), "{kept:?}");
    }

    #[test]
    fn where_nothing_changes_what_is_kept_is_even() {
        assert_eq!(first(&[0.5; 9], 5), [0, 2, 4, 6, 8]);
        assert_eq!(first(&[0.5; 9], 9), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(first(&[0.5], 5), [0]);
    }

    #[test]
    fn kinds_are_kept_at_their_ends() {
        let rows = vec![vec![0.0]; 20];
        let mut kept: Vec<usize> = by_importance(&rows, |a, b| (a < 7) == (b < 7)).into_iter().take(4).collect();
        kept.sort_unstable();
        assert_eq!(kept, [0, 6, 7, 19]);
    }
}
