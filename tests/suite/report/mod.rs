//! What is handed over: words, tables, figures, documents, and what an export must not tell.

mod disclosure;
mod exports;
mod figures;
mod gallery;
mod sample;
mod verify;
