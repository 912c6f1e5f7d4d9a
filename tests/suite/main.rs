//! All tests in one binary, because each further one links polars again.

mod reference;
