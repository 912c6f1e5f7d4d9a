//! What a reader sees of a result: numbers as text, tables, figures,
//! documents, and the machine's form.
//!
//! Promises: a number is written in one way everywhere, by [`number`]; nothing is computed here
//! that is not a form of what came in.

pub mod baseline;
pub mod disclosure;
pub mod document;
pub mod effects;
pub mod figure;
pub mod files;
pub mod foresight;
pub mod json;
pub mod language;
mod markup;
pub mod number;
pub mod package;
pub mod page;
pub mod stack;
pub mod study;
pub mod table;
pub mod verify;
pub mod word;
