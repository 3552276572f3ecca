//! zerosweep runs millions of independent regularized gradient-descent trajectories and says, with counts and intervals,
//! how often and how each penalty drives a weight to exactly zero.
//!
//! Data flows one way. A [`spec::Spec`] says what to sweep; a [`plan::Plan`] lays it out as sections of one
//! [`kernel::Kernel`] each; a backend ([`backend::cpu`] or [`backend::gpu`]) runs every trajectory to its
//! [`verdict::Outcome`] and counts it into a [`verdict::Tally`] of its cell; [`statistics`] turns tallies into rates,
//! intervals and quantiles; [`theory`] says what fate the mathematics predicts, and [`verify`] puts trajectories to its
//! laws; [`audit`] runs some trajectories again in f64 by a driver of its own; [`output`] writes tables and pictures. Where not
//! all cells are run, [`refine`] says which ones next.
//!
//! ```
//! use std::ops::ControlFlow;
//! use zerosweep::backend::{Cancel, RunOptions, cpu};
//! use zerosweep::plan::Plan;
//! use zerosweep::spec::{Format, Spec};
//! use zerosweep::statistics::Collector;
//!
//! let text = r#"
//!     name = "one-or-two"
//!     steps = 1000
//!     penalty = { kind = "lk", k = [1.0, 2.0], lambda = 0.5 }
//!     optimizer = { kind = "proximal", learning_rate = 0.1 }
//!     start = { w = { uniform = [-5.0, 5.0], count = 100 } }
//! "#;
//! let spec = Spec::parse(text, Format::Toml, "one-or-two.toml", &[])?.spec;
//! let plan = Plan::new(&spec);
//! let mut collector = Collector::new(&plan);
//! cpu::run(&plan, &RunOptions::default(), &Cancel::default(), &mut |batch| {
//!     collector.add(batch.tallies);
//!     ControlFlow::Continue(())
//! });
//! let cells = collector.finish()?.summaries(&plan)?;
//! assert_eq!(cells[0].zero().rate, 1.0, "L1 lands on zero from everywhere");
//! assert_eq!(cells[1].zero().rate, 0.0, "L2 never does");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every formula stands once, in `shaders/`, as a scalar WGSL function that is valid Rust, too; [`formula`] is the Rust
//! side. What zero, event and fate mean is `shaders/verdict.wgsl`, documented at [`verdict::Fate`].

pub mod audit;
pub mod backend;
#[cfg(not(target_arch = "wasm32"))]
pub mod bench;
#[cfg(target_arch = "wasm32")]
pub mod browser;
pub mod direction;
pub mod estimate;
#[macro_use]
pub mod formula;
pub mod kernel;
pub mod lanes;
pub mod member;
pub mod model;
#[cfg(feature = "mutants")]
pub mod mutant;
pub mod noise;
mod number;
#[cfg(not(target_arch = "wasm32"))]
pub mod operations;
pub mod optimizer;
pub mod output;
pub mod penalty;
pub mod plan;
pub mod precision;
pub mod probe;
pub mod problem;
pub mod refine;
pub mod replay;
pub mod schedule;
pub mod spec;
pub mod statistics;
pub mod theory;
pub mod verdict;
pub mod verify;
pub mod work;
