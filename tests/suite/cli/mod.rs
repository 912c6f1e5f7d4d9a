//! Through the program: wiring, words, exit codes.

mod intake;
mod study;
mod tables;
