//! Through the program: wiring, words, exit codes.

mod study;
mod tables;
