pub mod backend;
pub mod estimate;
#[macro_use]
pub mod formula;
pub mod kernel;
pub mod member;
pub mod optimizer;
pub mod output;
pub mod penalty;
pub mod plan;
pub mod problem;
pub mod replay;
pub mod spec;
pub mod statistics;
pub mod verdict;
