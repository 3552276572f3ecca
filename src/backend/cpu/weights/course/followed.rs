//! Trajectories of many weights, iterate by iterate: the same steps as in a sweep.

use super::{Course, PARTIES, STEP, Trajectory};
use crate::backend::weights::{Drawn, Ending};
use crate::lanes::LANES;
use crate::plan::{Limits, Section};
use crate::verdict::Outcome;

/// Takes an iterate: which trajectory it is of, the step, and its weights.
pub type EachIterate<'a> = &'a mut dyn FnMut(usize, u32, &[f32]);

impl Course {
    /// Takes some trajectories of a section and a draw to their ends, and tells `each` of every iterate, the start among them; gives
    /// what became of the weights of each, and of all together.
    ///
    /// # Panics
    /// If there are more than [`LANES`].
    pub fn follow(
        &mut self,
        drawn: &Drawn,
        section: &Section,
        locals: &[u64],
        limits: &Limits,
        each: EachIterate,
    ) -> Vec<(Vec<Outcome>, Ending)> {
        assert!(locals.len() <= LANES, "trajectories that are followed should have a lane each");
        let of_local = |&local: &u64| Some(Trajectory { local, point: section.at(local) });
        let mut lanes: Vec<Option<Trajectory>> = locals.iter().map(of_local).collect();
        for lane in 0..LANES {
            let trajectory = lanes.get(lane).and_then(Option::as_ref);
            self.begin(lane, trajectory.map(|own| (own, drawn)), limits);
        }
        let mut endings: Vec<Option<(Vec<Outcome>, Ending)>> = vec![None; locals.len()];
        (0..locals.len()).for_each(|lane| self.tell(lane, each));
        while lanes.iter().any(Option::is_some) {
            // SAFETY: whoever names instructions has them of `Vectors::available`.
            unsafe { STEP.get(self.vectors)(self, drawn.rows.model, &[Some(&drawn.form); PARTIES], limits) };
            (0..lanes.len()).filter(|lane| lanes[*lane].is_some()).for_each(|lane| self.tell(lane, each));
            for lane in self.may_have_ended() {
                let Some(Some(trajectory)) = lanes.get(lane) else { continue };
                let Some(ending) = self.ending(lane, trajectory, drawn, limits) else { continue };
                endings[lane] = Some((self.judge.outcomes.clone(), ending));
                lanes[lane] = None;
            }
        }
        endings.into_iter().map(|ending| ending.expect("a trajectory that left its lane should have ended")).collect()
    }

    /// Tells of the iterate that the trajectory in a lane is at.
    fn tell(&self, lane: usize, each: EachIterate) {
        let w: Vec<f32> = self.weights.iter().map(|weight| weight.w[lane]).collect();
        each(lane, self.n[lane], &w);
    }
}
