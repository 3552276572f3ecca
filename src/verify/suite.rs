//! The sweeps that between them meet every check many times.

use crate::plan::Plan;
use crate::spec::{Format, Spec};

macro_rules! sweeps {
    ($($name:literal),+ $(,)?) => {
        /// Each sweep's name and text, `sweeps/verify/NAME.toml`.
        pub const SUITE: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../sweeps/verify/", $name, ".toml")))),+];
    };
}

sweeps!(
    "maps",
    "minimisers",
    "thresholds",
    "l1",
    "l1-alone",
    "l2",
    "flow",
    "cycles",
    "beside",
    "jumps",
    "hysteresis",
    "steep",
    "fates",
    "alone",
    "net",
    "ball",
    "adaptive",
    "slowing",
    "family",
    "family-maps",
    "smoothed",
    "narrow",
    "losses",
    "starts",
    "drift"
);

/// The suite as plans, with their names.
pub fn suite() -> Vec<(&'static str, Plan)> {
    let plan = |(name, text): &(&'static str, &str)| {
        let loaded = Spec::parse(text, Format::Toml, name, &[]);
        (*name, Plan::new(&loaded.expect("the sweeps of the suite should be valid").spec))
    };
    SUITE.iter().map(plan).collect()
}
