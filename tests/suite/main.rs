//! All tests in one binary, because each further one links the whole crate again.

mod cli;
mod deliveries;
mod effects;
mod formats;
mod fuzz;
mod layers;
mod long;
mod naive;
mod outcomes;
mod plan;
#[cfg(unix)]
mod pressure;
mod properties;
mod reference;
mod register;
mod report;
mod trial;
#[cfg(unix)]
mod walkthrough;
mod workshop;
