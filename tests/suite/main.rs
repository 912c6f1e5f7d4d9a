//! All tests in one binary, because each further one links polars again.

mod cli;
mod formats;
mod layers;
mod outcomes;
mod plan;
mod properties;
mod reference;
mod register;
mod trial;
mod walkthrough;
mod workshop;
