//! klero

pub mod audit;
pub mod digest;
pub mod draw;
pub mod estimate;
pub mod invent;
pub mod ledger;
pub mod outcome;
pub mod period;
pub mod protocol;
pub mod register;
pub mod report;
pub mod sample;
pub mod spelling;
pub mod table;
