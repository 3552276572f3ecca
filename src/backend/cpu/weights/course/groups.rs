//! Steps of penalties over groups.

use super::Course;
use crate::lanes::{LANES, Lane, Weight};
use crate::model::Model;

impl Course {
    /// Moves each weight down the slope of the loss, and each group x then to v x / |x|_2 with v the proximal map at its norm.
    pub(super) fn move_groups(&mut self, model: &Model) {
        let Course { steps, parameters, scratch, weights, slopes, moved, .. } = self;
        for (number, moved) in moved.iter_mut().enumerate() {
            moved.clone_from(&weights[number]);
            scratch.terms.slope = slopes[number];
            steps.move_alone(moved, &mut scratch.terms, parameters, model.factors[number]);
            slopes[number] = scratch.terms.slope;
        }
        for (members, strength) in model.groups.iter().filter(|(_, strength)| *strength > 0.0) {
            let norms = norms(moved, members);
            scratch.weight.w = norms;
            steps.shorten(scratch, parameters, strength);
            members.iter().for_each(|weight| shorten(&mut moved[*weight].w, &norms, &scratch.weight.w));
        }
    }
}

/// The norms of a group of weights, one a lane: they are divided by the largest of them first, whose square f32 may not hold.
#[inline(always)]
fn norms(weights: &[Weight], group: &[usize]) -> Lane<f32> {
    let (mut largest, mut sum) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    for weight in group {
        let w = &weights[*weight].w;
        for lane in 0..LANES {
            largest[lane] = largest[lane].max(w[lane].abs());
        }
    }
    for weight in group {
        let w = &weights[*weight].w;
        for lane in 0..LANES {
            let part = if largest[lane] > 0.0 { w[lane] / largest[lane] } else { 0.0 };
            sum[lane] += part * part;
        }
    }
    std::array::from_fn(|lane| largest[lane] * sum[lane].sqrt())
}

/// Takes a weight with its group from the norm that this has to another.
#[inline(always)]
fn shorten(w: &mut Lane<f32>, norms: &Lane<f32>, left: &Lane<f32>) {
    for lane in 0..LANES {
        let shorter = if left[lane] == 0.0 { 0.0 } else { left[lane] * (w[lane] / norms[lane]) };
        w[lane] = if left[lane] == norms[lane] { w[lane] } else { shorter };
    }
}
