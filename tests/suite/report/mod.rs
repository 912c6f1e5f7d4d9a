//! What is handed over: words, tables, documents, and what an export must not tell.

mod disclosure;
mod documents;
mod sample;
mod tables;
mod words;
