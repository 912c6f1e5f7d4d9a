//! Through the program: wiring, words, exit codes.

mod desk;
mod intake;
mod one_arm;
mod study;
mod tables;
