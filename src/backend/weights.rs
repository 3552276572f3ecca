//! What the backends share of trajectories of many weights: what a draw of rows is to them, when one has ended, and how it is counted.

mod counted;
mod drawn;
mod ending;
mod meetings;

pub use counted::Counted;
pub use drawn::{Drawn, Form, lambda_scale, penalized};
pub use ending::{Ending, Judge, Last, Stand};
pub use meetings::Meetings;
