//! What a spec says, and what it cannot say.

mod derived;
mod document;
mod errors;
mod find;
mod groups;
mod optimizers;
mod schema;
mod stability;
#[path = "../support/mod.rs"]
mod support;
mod text;
mod together;
