//! Through the program: wiring, words, exit codes.

mod danish;
mod desk;
mod help;
mod intake;
mod one_arm;
mod registers;
mod study;
mod tables;
mod users;
