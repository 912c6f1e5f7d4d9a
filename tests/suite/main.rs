//! All tests in one binary, because each further one links polars again.

mod cli;
mod formats;
mod layers;
mod long;
mod outcomes;
mod plan;
#[cfg(unix)]
mod pressure;
mod properties;
mod reference;
mod register;
mod report;
mod trial;
mod walkthrough;
mod workshop;
