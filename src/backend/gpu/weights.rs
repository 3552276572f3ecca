//! Many weights on the device: it takes steps, and the host decides in f64 which trajectories have ended, and counts them. A lane whose trajectory has
//! ended takes the next one.
//!
//! Up to [`Teams`]' most an invocation has all weights of its trajectory; above that a workgroup has them together.

mod buffers;
mod window;

pub use buffers::WeightPipelines;

use super::GpuError;
use super::device::OpenDevice;
use super::faults::Fault;
use super::pace::{Habits, SLICE_TIME};
use crate::backend::weights::{Drawn, Judge, Last, Stand};
use crate::backend::{Cancel, Deliver, Ending, RunOptions};
use crate::kernel::Teams;
use crate::model::{Draws, Model};
use crate::plan::{Plan, Section};
use crate::work::Work;
use buffers::{Arrival, Sizes, WeightBuffers};
use rayon::prelude::*;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use web_time::Instant;
use window::{Ended, Ticket, Window};

/// Steps of a slice where trajectories may end at any of them: a lane whose trajectory has ended waits for the end of the slice.
const LONGEST_OF_STOPPING: u32 = 32;

/// Steps of the first slice.
const FIRST_SLICE: u32 = 8;

/// Times in a row that trajectories are begun anew whose steps a driver cut short.
const RESUMPTIONS: u32 = 4;

impl Teams {
    /// The teams of a model.
    fn of(model: &Model) -> Teams {
        let groups = if model.groups == model.alone { 0 } else { model.groups.len() };
        Teams { weights: model.weights(), rows: (!model.has_gram()).then(|| model.rows()), groups }
    }

    /// Lanes of a device that has batches of this size of one weight: half as many numbers.
    fn lanes(self, default_batch: u64) -> u64 {
        (2 * default_batch / self.padded() as u64).clamp(1, default_batch)
    }
}

/// Trajectories that a device should be given at a time, which has batches of this size of one weight.
pub fn default_batch(model: &Model, of_one_weight: u64) -> u64 {
    4 * Teams::of(model).lanes(of_one_weight)
}

/// Runs `work` on a plan by draw of a problem of many weights, on at most `most` lanes, and delivers batches in its order.
///
/// # Errors
/// Those of the device, and [`GpuError::Unfit`] where the problem is too large for it.
pub async fn run(
    device: &OpenDevice,
    plan: &Plan,
    model: &Model,
    work: &Work,
    (options, cancel, habits): (&RunOptions, &Cancel, Habits),
    most: &mut u64,
    deliver: Deliver<'_>,
) -> Result<Ending, GpuError> {
    let teams = Teams::of(model);
    let iterations = teams.iterations() as u64;
    if let Some(end) = habits.loops_end_after.filter(|&end| iterations > u64::from(end) / 2) {
        return Err(device.unfit(format!(
            "a step over the table takes {iterations} iterations, and this driver ends loops after {end}"
        )));
    }
    let sizes = Sizes::new(device, &plan.kernels(), teams, teams.lanes(device.default_batch).min(*most))?;
    *most = sizes.lanes.into();
    let longest = (2 * u64::from(habits.longest_slice) / iterations).max(1) as u32;
    let longest = if model.kkt.is_some() { longest.min(LONGEST_OF_STOPPING) } else { longest };
    let draws = Draws::new(model);
    let mut pace = Pace {
        len: options.slice.unwrap_or(FIRST_SLICE).clamp(1, longest),
        longest,
        is_fixed: options.slice.is_some(),
    };
    for stretches in work.stretches().chunk_by(|a, b| a.section == b.section) {
        let section = &plan.sections[stretches[0].section];
        let mut flow = Flow {
            device,
            plan,
            section,
            draws: &draws,
            per_draw: section.per_draw(model),
            buffers: WeightBuffers::new(device, section.kernel, teams, model, sizes, &plan.limits),
            window: Window::new(section, model, stretches, sizes.lanes, options),
            lanes: vec![None; sizes.lanes as usize],
            places: Places {
                all: Vec::new(),
                of_draw: HashMap::new(),
                idle: VecDeque::new(),
                most: sizes.draws as usize,
            },
            again: Vec::new(),
            fault: None,
        };
        if flow.all(&mut pace, options, cancel, deliver).await? == Ending::Stopped {
            return Ok(Ending::Stopped);
        }
    }
    Ok(Ending::Complete)
}

/// Steps of a slice, by how long slices take.
struct Pace {
    len: u32,
    longest: u32,
    is_fixed: bool,
}

impl Pace {
    fn took(&mut self, began: Instant) {
        let took = began.elapsed();
        if !self.is_fixed && took * 2 < SLICE_TIME {
            self.len = (self.len * 2).min(self.longest);
        } else if !self.is_fixed && took > SLICE_TIME * 2 {
            self.len = (self.len / 2).max(1);
        }
    }
}

/// A trajectory in a lane.
#[derive(Clone, Copy)]
struct Running {
    ticket: Ticket,
    /// Its place among [`Places`].
    place: usize,
    /// Steps that it has taken.
    n: u32,
}

/// A draw of rows, and the lanes that use it.
struct Place<'a> {
    draw: u32,
    users: usize,
    /// `None` until it is made.
    drawn: Option<Arc<Drawn<'a>>>,
}

impl<'a> Place<'a> {
    fn drawn(&self) -> &Arc<Drawn<'a>> {
        self.drawn.as_ref().expect("a draw in use should be made")
    }
}

/// The draws that are on the device.
struct Places<'a> {
    all: Vec<Place<'a>>,
    of_draw: HashMap<u32, usize>,
    /// Those that some time no lane used, the oldest first.
    idle: VecDeque<usize>,
    most: usize,
}

impl<'a> Places<'a> {
    /// The place of a draw, which has one more user from now on; `None` where there is no room for it.
    fn taken(&mut self, draw: u32) -> Option<usize> {
        let place = match self.of_draw.get(&draw) {
            Some(&place) => place,
            None => {
                let place = self.room()?;
                self.of_draw.insert(draw, place);
                place
            }
        };
        let own = &mut self.all[place];
        if own.draw != draw {
            (own.draw, own.drawn) = (draw, None);
        }
        own.users += 1;
        Some(place)
    }

    /// A place for another draw.
    fn room(&mut self) -> Option<usize> {
        while let Some(place) = self.idle.pop_front() {
            if self.all[place].users == 0 {
                self.of_draw.remove(&self.all[place].draw);
                return Some(place);
            }
        }
        if self.all.len() == self.most {
            return None;
        }
        self.all.push(Place { draw: NO_DRAW, users: 0, drawn: None });
        Some(self.all.len() - 1)
    }

    fn leave(&mut self, place: usize) {
        self.all[place].users -= 1;
        if self.all[place].users == 0 {
            self.idle.push_back(place);
        }
    }
}

/// The number of no draw.
const NO_DRAW: u32 = u32::MAX;

/// Trajectories on their way through the lanes of the device.
struct Flow<'a> {
    device: &'a OpenDevice,
    plan: &'a Plan,
    section: &'a Section,
    draws: &'a Draws<'a>,
    per_draw: u64,
    buffers: WeightBuffers<'a>,
    window: Window<'a>,
    lanes: Vec<Option<Running>>,
    places: Places<'a>,
    /// Lanes whose trajectories begin anew.
    again: Vec<u32>,
    /// What tests inject into the next slice.
    fault: Option<Fault>,
}

impl<'a> Flow<'a> {
    /// Runs all that there is.
    async fn all(
        &mut self,
        pace: &mut Pace,
        options: &RunOptions,
        cancel: &Cancel,
        deliver: Deliver<'_>,
    ) -> Result<Ending, GpuError> {
        let mut resumptions = 0;
        loop {
            if cancel.is_raised() {
                return Ok(Ending::Stopped);
            }
            self.fill();
            let busy: Vec<u32> = (0..).zip(&self.lanes).filter_map(|(lane, own)| own.map(|_| lane)).collect();
            if busy.is_empty() {
                return Ok(Ending::Complete);
            }
            let began = Instant::now();
            let stands = self.buffers.advance(&busy, pace.len, self.fault.take()).await?;
            let (ends, cut) = self.sorted(&busy, &stands, pace.len);
            pace.took(began);
            self.conclude(&ends).await?;
            resumptions = if cut.is_empty() { 0 } else { resumptions + 1 };
            if resumptions > RESUMPTIONS {
                return Err(GpuError::Truncated { unfinished: cut.len() as u32 });
            }
            self.again = cut;
            while let Some(batch) = self.window.done(&self.plan.limits, options.rows) {
                if deliver(batch).is_break() {
                    return Ok(Ending::Stopped);
                }
            }
        }
    }

    /// Gives free lanes the next trajectories, and lets those begin anew that have to.
    fn fill(&mut self) {
        let mut begun = std::mem::take(&mut self.again);
        let free: Vec<u32> = (0..).zip(&self.lanes).filter(|(_, own)| own.is_none()).map(|(lane, _)| lane).collect();
        for lane in free {
            let Some((ticket, is_first)) = self.window.next() else { break };
            if is_first {
                self.fault = self.device.next_fault(self.lanes.len() as u32).or(self.fault);
            }
            let Some(place) = self.places.taken((ticket.local / self.per_draw) as u32) else {
                self.window.put_back(ticket);
                break;
            };
            self.lanes[lane as usize] = Some(Running { ticket, place, n: 0 });
            begun.push(lane);
        }
        let (draws, section) = (self.draws, self.section);
        let new: Vec<(usize, &mut Place)> =
            self.places.all.iter_mut().enumerate().filter(|(_, place)| place.drawn.is_none()).collect();
        let made: Vec<(usize, &Place)> = new
            .into_par_iter()
            .map(|(number, place)| {
                place.drawn = Some(Arc::new(Drawn::new(draws, place.draw, section)));
                (number, &*place)
            })
            .collect();
        made.into_iter().for_each(|(number, place)| self.buffers.put_draw(number as u32, place.drawn()));
        let arrivals: Vec<Arrival> = begun.into_iter().map(|lane| self.arrival(lane)).collect();
        self.buffers.begin(&arrivals);
    }

    /// What the trajectory brings that is in a lane.
    fn arrival(&mut self, lane: u32) -> Arrival {
        let running = self.lanes[lane as usize].as_mut().expect("a lane that begins should have a trajectory");
        running.n = 0;
        let (point, drawn) = (self.section.at(running.ticket.local), self.places.all[running.place].drawn());
        Arrival {
            lane,
            draw: running.place as u32,
            bound: drawn.bound() as f32,
            parameters: drawn.parameters(self.section.kernel, &point).collect(),
            start: (0..drawn.rows.model.weights()).map(|place| drawn.rows.start(place, point.start)).collect(),
        }
    }

    /// The lanes whose trajectories may have ended, and those whose steps a driver cut short: where none may have ended, it has taken all
    /// steps of the slice.
    fn sorted(&mut self, busy: &[u32], stands: &[Stand], len: u32) -> (Vec<(u32, Stand)>, Vec<u32>) {
        let (mut ends, mut cut) = (Vec::new(), Vec::new());
        for (&lane, stand) in busy.iter().zip(stands) {
            let running = self.lanes[lane as usize].as_mut().expect("a busy lane should have a trajectory");
            let bound = self.places.all[running.place].drawn().bound() as f32;
            let taken = stand.n.wrapping_sub(running.n);
            let may_have_ended =
                stand.diverged || stand.n >= self.plan.limits.steps || stand.moved <= bound * stand.rate;
            running.n = stand.n;
            if taken == 0 || taken > len || (taken < len && !may_have_ended) {
                cut.push(lane);
            } else if may_have_ended {
                ends.push((lane, *stand));
            }
        }
        (ends, cut)
    }

    /// Lets go those that have ended of trajectories that may have.
    async fn conclude(&mut self, ends: &[(u32, Stand)]) -> Result<(), GpuError> {
        if ends.is_empty() {
            return Ok(());
        }
        let lanes: Vec<u32> = ends.iter().map(|(lane, _)| *lane).collect();
        let (model, limits) = (self.draws.model(), &self.plan.limits);
        let (weights, kernel) = (model.weights(), self.section.kernel);
        let last = self.buffers.gather(&lanes).await?;
        let judged = |judge: &mut Judge, ((lane, stand), last): (&(u32, Stand), &[Last])| -> Option<(u32, Ended<'a>)> {
            let running = self.lanes[*lane as usize].expect("a lane that may have ended should have a trajectory");
            let drawn = self.places.all[running.place].drawn();
            let point = self.section.at(running.ticket.local);
            let mut penalized = drawn.penalized(kernel, &point);
            let ending = judge.ending(stand, last.iter().copied(), &mut penalized, drawn, limits)?;
            Some((*lane, Ended { drawn: Arc::clone(drawn), outcomes: judge.outcomes.clone(), ending }))
        };
        let ended: Vec<Option<(u32, Ended<'a>)>> =
            ends.par_iter().zip(last.par_chunks_exact(weights)).map_init(|| Judge::new(weights), judged).collect();
        for (lane, ended) in ended.into_iter().flatten() {
            let Running { ticket, place, .. } =
                self.lanes[lane as usize].take().expect("a lane that has ended should have had a trajectory");
            self.places.leave(place);
            self.window.end(ticket, ended);
        }
        Ok(())
    }
}
