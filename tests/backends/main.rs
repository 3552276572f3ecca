//! Both backends against a plain reference, each other, faults and every way to split the work.

mod bare;
mod conformance;
mod device_weights;
mod faults;
mod gpu;
mod invariance;
mod members;
mod parity;
mod probe;
mod segments;
#[path = "../support/mod.rs"]
mod support;
mod team;
mod weights;
