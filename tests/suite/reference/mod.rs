//! Expected numbers from outside the program: published, by hand, or by another program whose
//! script stands beside the number.

mod draws;
mod ledgers;
mod programs;
mod published;
