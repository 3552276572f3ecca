//! The sweeps that between them meet every check many times.

use crate::plan::Plan;
use crate::spec::{Format, LoadedSpec, Spec};

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
    "drift",
    "models",
    "wide",
    "bent",
    "classes",
    "counts",
    "form",
    "apart",
    "entering"
);

/// The suite as plans, with their names; those of many weights by draw.
pub fn suite() -> Vec<(&'static str, Plan)> {
    let plan = |(name, text): &(&'static str, &str)| {
        let loaded = Spec::parse(text, Format::Toml, name, &[]).and_then(LoadedSpec::with_table);
        let LoadedSpec { spec, model, .. } = loaded.expect("the sweeps of the suite should be valid");
        (*name, Plan::new(&spec).with_model(model).by_draw())
    };
    SUITE.iter().map(plan).collect()
}
