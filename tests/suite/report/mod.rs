mod figures;
mod gallery;
//! What is handed over: words, tables, documents, and what an export must not tell.

mod documents;
mod sample;
mod tables;
mod words;
