//! What mathematics says must come out: laws, theory, claims, statistics, independent implementations.

mod audit;
mod claims;
mod designs;
mod groups;
mod laws;
mod matrices;
mod pytorch;
mod regressions;
mod rounding;
mod screening;
mod stability;
mod starts;
mod statistics;
#[path = "../support/mod.rs"]
mod support;
mod theory;
mod verify;
