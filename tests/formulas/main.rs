//! The shared formulas against oracles in f64 that share nothing with them: the standard library's functions,
//! bisection and search. Every budget counts roundings, in units of 2^-24: half a unit in the last place (ULP) is at
//! most one unit.

mod floats;
mod kernels;
mod losses;
mod maps;
mod math;
mod noise;
mod precision;
mod rows;
mod schedules;
mod slopes;
mod ties;
mod verdict;
