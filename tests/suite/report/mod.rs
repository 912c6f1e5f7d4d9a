//! What is handed over: words, tables, figures, documents, and what an export must not tell.

mod figures;
mod gallery;
mod disclosure;
mod documents;
mod sample;
mod tables;
mod words;
