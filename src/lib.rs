pub mod backend;
#[macro_use]
pub mod formula;
pub mod kernel;
pub mod member;
pub mod optimizer;
pub mod penalty;
pub mod plan;
pub mod problem;
pub mod spec;
pub mod verdict;
