//! What a picture shows of each cell: a column of cells.csv, or what follows from some of them.

use crate::number::Number;
use crate::verdict::Fate;

/// What a picture shows of each cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// The commonest fate.
    Fate,
    /// The fate that theory predicts for every trajectory.
    PredictedFate,
    /// The share of trajectories of which something holds, or what its 95 % interval says.
    Share(Trait, Side),
    /// A quantile of the step of an event, in per cent, over the trajectories that had it.
    Step(Event, u32),
    Count(Counted),
    /// A number of many weights, which is not whole.
    Value(Told),
    /// How many cells the one stands for that was run.
    StandsFor,
    /// The share of cells for which one stands that would stand for fewer if more were run.
    Uncut,
}

/// What holds of a trajectory, or does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trait {
    Ends(Fate),
    Crossed,
    /// Its tail is within this tolerance.
    Within(f32),
    /// It selects a weight, one of many: it does not end at an exact zero with it.
    Selects,
    /// Its weights are zero where the true ones are, and nowhere else.
    Recovered,
    /// It comes as near to the true weights as [`ACCURATE`](crate::model::ACCURATE) says.
    Accurate,
}

/// A share itself, the ends of its interval, or the width of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Rate,
    Low,
    High,
    Width,
}

/// What happens at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    FirstZero,
    FirstCrossing,
    /// The last landing of those that end at zero.
    Arrival,
}

/// What is told of the weights of a cell, in the mean over its trajectories where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// A weight itself.
    Coefficient,
    /// Its quantiles at 10 and 90 %.
    CoefficientP10,
    CoefficientP90,
    /// How many weights are not zero.
    Support,
    /// The mean loss of the rows that a draw leaves out.
    HeldOutLoss,
    /// A standard error less, and more.
    HeldOutLossLow,
    HeldOutLossHigh,
    /// Weights that are not zero here, and zero in truth; and the other way.
    FalseSelections,
    Missed,
}

impl Told {
    pub const ALL: [Told; 9] = [
        Told::Coefficient,
        Told::CoefficientP10,
        Told::CoefficientP90,
        Told::Support,
        Told::HeldOutLoss,
        Told::HeldOutLossLow,
        Told::HeldOutLossHigh,
        Told::FalseSelections,
        Told::Missed,
    ];

    /// Its name in file names.
    pub fn name(self) -> &'static str {
        match self {
            Told::Coefficient => "coefficient",
            Told::CoefficientP10 => "coefficient_p10",
            Told::CoefficientP90 => "coefficient_p90",
            Told::Support => "support",
            Told::HeldOutLoss => "held_out_loss",
            Told::HeldOutLossLow => "held_out_loss_low",
            Told::HeldOutLossHigh => "held_out_loss_high",
            Told::FalseSelections => "false_selections",
            Told::Missed => "missed",
        }
    }
}

/// What is counted in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Trajectories,
    /// Of those that theory looks at: what it predicts to be zero, to have another fate, and what it is silent about.
    PredictedZero,
    PredictedOther,
    PredictedSilent,
    Audited,
    AuditDiffers,
    AuditDiffersZero,
}

impl Counted {
    pub const ALL: [Counted; 7] = [
        Counted::Trajectories,
        Counted::PredictedZero,
        Counted::PredictedOther,
        Counted::PredictedSilent,
        Counted::Audited,
        Counted::AuditDiffers,
        Counted::AuditDiffersZero,
    ];

    /// Its column.
    pub fn name(self) -> &'static str {
        match self {
            Counted::Trajectories => "trajectories",
            Counted::PredictedZero => "predicted_zero",
            Counted::PredictedOther => "predicted_other",
            Counted::PredictedSilent => "predicted_silent",
            Counted::Audited => "audited",
            Counted::AuditDiffers => "audit_differs",
            Counted::AuditDiffersZero => "audit_differs_zero",
        }
    }
}

impl Event {
    pub const ALL: [Event; 3] = [Event::FirstZero, Event::FirstCrossing, Event::Arrival];

    /// How the names of its columns begin.
    pub fn name(self) -> &'static str {
        match self {
            Event::FirstZero => "first_zero",
            Event::FirstCrossing => "first_crossing",
            Event::Arrival => "arrival",
        }
    }
}

impl Trait {
    /// The column that counts the trajectories of which it holds.
    pub fn column(self) -> String {
        match self {
            Trait::Ends(fate) => fate.name().to_owned(),
            Trait::Crossed => "crossed".to_owned(),
            Trait::Within(tolerance) => format!("within_{}", Number(tolerance)),
            Trait::Selects => "selected".to_owned(),
            Trait::Recovered => "recovered".to_owned(),
            Trait::Accurate => "accurate".to_owned(),
        }
    }
}

impl Measure {
    /// The share of exact zeros.
    pub const ZERO_RATE: Measure = Measure::Share(Trait::Ends(Fate::Zero), Side::Rate);

    /// The share of draws that select a weight.
    pub const SELECTION_FREQUENCY: Measure = Measure::Share(Trait::Selects, Side::Rate);

    /// The share that finds exactly the true weights.
    pub const RECOVERED_RATE: Measure = Measure::Share(Trait::Recovered, Side::Rate);

    /// The share that comes near the true weights.
    pub const ACCURATE_RATE: Measure = Measure::Share(Trait::Accurate, Side::Rate);

    /// What cells have besides where not all are run.
    pub const OF_REFINED: [Measure; 2] = [Measure::StandsFor, Measure::Uncut];

    /// Every measure of a sweep with these tolerances of which all cells are run, those that most people want first.
    pub fn all(tolerances: &[f32]) -> Vec<Measure> {
        let zero = |side| Measure::Share(Trait::Ends(Fate::Zero), side);
        let share = |of| Measure::Share(of, Side::Rate);
        let fates = Fate::ALL.into_iter().filter(|fate| *fate != Fate::Zero).map(Trait::Ends);
        let within = tolerances.iter().map(|tolerance| Trait::Within(*tolerance));
        let traits = fates.chain([Trait::Crossed]).chain(within);
        let steps = Event::ALL.into_iter().flat_map(|event| [10, 50, 90].map(|percent| Measure::Step(event, percent)));
        let counts = Counted::ALL.map(Measure::Count);
        let first = [Measure::ZERO_RATE, Measure::Fate, zero(Side::Low), zero(Side::High)];
        first.into_iter().chain(traits.map(share)).chain(steps).chain([Measure::PredictedFate]).chain(counts).collect()
    }

    /// Its name in a spec, in file names and, but for `fate`, in the header of cells.csv.
    pub fn name(self) -> String {
        match self {
            Measure::Fate => "fate".to_owned(),
            Measure::PredictedFate => "predicted_fate".to_owned(),
            Measure::Share(of, side) => {
                let rate = match of {
                    Trait::Ends(Fate::Zero) => "zero_rate".to_owned(),
                    Trait::Selects => "selection_frequency".to_owned(),
                    Trait::Recovered => "recovered_rate".to_owned(),
                    Trait::Accurate => "accurate_rate".to_owned(),
                    of => of.column(),
                };
                match side {
                    Side::Rate => rate,
                    Side::Low => format!("{rate}_low"),
                    Side::High => format!("{rate}_high"),
                    Side::Width => format!("{rate}_interval"),
                }
            }
            Measure::Step(event, percent) => format!("{}_p{percent}", event.name()),
            Measure::Count(counted) => counted.name().to_owned(),
            Measure::StandsFor => "stands_for".to_owned(),
            Measure::Uncut => "uncut".to_owned(),
            Measure::Value(told) => told.name().to_owned(),
        }
    }

    /// Whether some sweep has a measure of this name.
    pub fn is_name(name: &str) -> bool {
        let name = name.strip_suffix("_interval").unwrap_or(name);
        let tolerance = name.strip_prefix("within_").and_then(|tolerance| tolerance.parse::<f32>().ok());
        let told = Told::ALL.map(Measure::Value);
        let shares = [Measure::SELECTION_FREQUENCY, Measure::RECOVERED_RATE, Measure::ACCURATE_RATE];
        let of_weights = told.into_iter().chain(shares);
        let mut known = Measure::all(&[]).into_iter().chain(Measure::OF_REFINED).chain(of_weights);
        tolerance.is_some() || known.any(|measure| measure.name() == name)
    }

    /// The columns of cells.csv that it follows from, beside `trajectories`, with what stands beside it: intervals, what theory says of
    /// zeros, what the audit found.
    pub fn columns(self) -> Vec<String> {
        let mut columns = match self {
            Measure::Fate => Fate::NAMES.map(str::to_owned).to_vec(),
            Measure::Share(of, _) => vec![of.column(), "draws".to_owned()],
            Measure::Count(Counted::AuditDiffers | Counted::AuditDiffersZero) => {
                vec![self.name(), "audited".to_owned()]
            }
            Measure::PredictedFate
            | Measure::Step(..)
            | Measure::Count(_)
            | Measure::Value(_)
            | Measure::StandsFor
            | Measure::Uncut => {
                vec![self.name()]
            }
        };
        if self.is_predicted() {
            columns.extend(["predicted_zero", "predicted_other", "predicted_silent"].map(str::to_owned));
        }
        if self.is_about_zero() {
            columns.extend(["audit_differs", "audit_differs_zero"].map(str::to_owned));
        }
        columns
    }

    /// Whether it shows the exact zeros of cells, so that what theory says of these belongs beside it.
    pub fn is_about_zero(self) -> bool {
        matches!(self, Measure::Fate | Measure::Share(Trait::Ends(Fate::Zero), Side::Rate))
    }

    /// Whether theory tells of cells in how many of their trajectories it holds, as predicted zeros or in their place.
    pub fn is_predicted(self) -> bool {
        self.is_about_zero() || self == Measure::ACCURATE_RATE
    }

    /// What shows how wide its 95 % interval is, where it has one.
    pub fn interval(self) -> Option<Measure> {
        match self {
            Measure::Share(of, Side::Rate) => Some(Measure::Share(of, Side::Width)),
            _ => None,
        }
    }

    /// The ends of the band that stands about its lines, where it has one: of an interval, or of most trajectories.
    pub fn band(self) -> Option<[Measure; 2]> {
        match self {
            Measure::Share(of, Side::Rate) => Some([Side::Low, Side::High].map(|side| Measure::Share(of, side))),
            Measure::Value(Told::Coefficient) => Some([Told::CoefficientP10, Told::CoefficientP90].map(Measure::Value)),
            Measure::Value(Told::HeldOutLoss) => {
                Some([Told::HeldOutLossLow, Told::HeldOutLossHigh].map(Measure::Value))
            }
            _ => None,
        }
    }

    /// Whether one value can be taken from another.
    pub fn is_number(self) -> bool {
        !matches!(self, Measure::Fate | Measure::PredictedFate)
    }
}
