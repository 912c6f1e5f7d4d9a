//! Through the program: wiring, words, exit codes.

mod help;
mod intake;
mod study;
mod tables;
