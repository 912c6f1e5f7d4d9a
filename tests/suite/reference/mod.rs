//! Expected numbers from outside the program: published, by hand, or by another program whose
//! script stands beside the number.

mod auditors;
mod draws;
mod exactness;
mod foresight;
mod ledgers;
mod programs;
mod published;
mod redraw;
