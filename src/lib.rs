//! klero

pub mod digest;
pub mod draw;
pub mod period;
pub mod protocol;
pub mod spelling;
