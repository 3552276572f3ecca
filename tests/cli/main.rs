//! The program as people meet it: files, messages to the letter, exit codes, signals.

mod audit;
mod bench;
mod chosen;
mod draw;
mod explore;
mod findings;
mod folder;
mod interrupts;
mod memory;
mod plan;
mod program;
mod recovery;
mod refine;
mod replay;
mod results;
mod resume;
mod streams;
mod tables;
mod usage;
mod verify;
