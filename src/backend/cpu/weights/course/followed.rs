//! Trajectories of many weights, iterate by iterate: the same steps as in a sweep.

use super::{Course, STEP, Trajectory, last};
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
        let kernel = self.kernel;
        let of_local = |&local: &u64| {
            let point = section.at(local);
            let penalized = drawn.penalized(kernel, &point);
            Trajectory { local, point, penalized }
        };
        self.predictors.resize(drawn.form.rows(), [0.0; LANES]);
        let mut lanes: Vec<Option<Trajectory>> = locals.iter().map(of_local).map(Some).collect();
        (0..LANES).for_each(|lane| self.begin(lane, lanes.get(lane).and_then(Option::as_ref), drawn, limits));
        let mut endings: Vec<Option<(Vec<Outcome>, Ending)>> = vec![None; locals.len()];
        (0..locals.len()).for_each(|lane| self.tell(lane, each));
        while lanes.iter().any(Option::is_some) {
            // SAFETY: whoever names instructions has them of `Vectors::available`.
            unsafe { STEP.get(self.vectors)(self, drawn, limits) };
            (0..lanes.len()).filter(|lane| lanes[*lane].is_some()).for_each(|lane| self.tell(lane, each));
            for lane in self.may_have_ended() {
                let Some(Some(trajectory)) = lanes.get_mut(lane) else { continue };
                let (stand, weights) = (self.stand(lane), self.states.iter().zip(&self.events));
                let last = weights.map(|own| last(lane, own));
                let ended = self.judge.ending(&stand, last, &mut trajectory.penalized, drawn, limits);
                let Some(ending) = ended else { continue };
                endings[lane] = Some((self.judge.outcomes.clone(), ending));
                lanes[lane] = None;
            }
        }
        endings.into_iter().map(|ending| ending.expect("a trajectory that left its lane should have ended")).collect()
    }

    /// Tells of the iterate that the trajectory in a lane is at.
    fn tell(&self, lane: usize, each: EachIterate) {
        let w: Vec<f32> = self.states.iter().map(|state| state.w[lane]).collect();
        each(lane, self.n[lane], &w);
    }
}
