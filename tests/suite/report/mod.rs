//! What is handed over: words, tables, figures, documents, and what an export must not tell.

mod disclosure;
mod documents;
mod exports;
mod figures;
mod gallery;
mod handover;
mod people;
mod release;
mod sample;
mod tables;
pub(crate) mod verify;
mod words;
