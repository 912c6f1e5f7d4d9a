//! klero: randomised trials in social policy, from the lot to the effect.
//!
//! A **protocol** (`study.toml`) declares everything before the first draw. **Sealing** puts its
//! text and a commitment to a secret **seed** into the **ledger**, an append-only chain of entries.
//! **Referrals** are drawn into **arms** by the protocol's **procedure**; each draw follows from
//! seed, protocol, **stratum** and position, and from nothing else, so an **audit** can derive it
//! again. **Registers** become **spells**; spells and dates of draw become **outcomes**, blind to
//! the arms. Arms and outcomes meet in a **sample**, and a sample and a method make an
//! **estimate** for each **contrast** of an arm with the reference.
//!
//! ```text
//! study.toml ── Protocol ─┬─ Seed ─ draw ─ Ledger ── allocation ─┐
//! referrals.csv ──────────┘            │                          ├─ Sample ─ Estimate ─ table
//!                                      ├─ audit ─ Verdict         │
//!                                      └─ dates without arms ─┐   │
//! register files ─ Spells ──────────────────────────────── outcome ┘
//! ```
//!
//! # One trial, in calls
//!
//! [`Protocol::read`](protocol::Protocol::read) →
//! [`Writer::create`](ledger::Writer::create) →
//! [`Writer::draw`](ledger::Writer::draw) →
//! [`audit`](audit::audit) →
//! [`ingest`](register::ingest) →
//! [`measure`](outcome::measure) →
//! [`People::of_ledger`](sample::People::of_ledger) and
//! [`OutcomeFile::measured`](sample::OutcomeFile::measured) →
//! [`Asking::of_study`](estimate::Asking::of_study) →
//! [`results`](results::results) →
//! [`report`](report::study::report).
//!
//! # Layers
//!
//! A file imports only from lower rows; `tests/suite/layers.rs` holds it to that.
//!
//! | row | modules |
//! |---|---|
//! | 8 | the program: `main`, `cli` |
//! | 7 | [`mod@results`] |
//! | 6 | [`report`] |
//! | 5 | [`mod@estimate`] |
//! | 4 | [`sample`]; [`mod@audit`]; [`invent`] |
//! | 3 | [`ledger`]; [`outcome`]; [`foresight`] |
//! | 2 | [`draw`]; [`register`] |
//! | 1 | [`protocol`] |
//! | 0 | [`cpr`], [`digest`], [`period`], [`rounding`], [`spelling`], [`table`], [`threads`] |
//!
//! Draw, ledger and audit never see outcomes. Register and outcome never see who is in which arm:
//! the dates of the draw arrive as a list without them. The draw has no clock, no randomness of
//! the system and no floating point. The crates that know foreign formats stay in [`register`].

pub mod audit;
pub mod cpr;
pub mod digest;
pub mod draw;
pub mod estimate;
pub mod foresight;
pub mod invent;
pub mod ledger;
pub mod outcome;
pub mod period;
pub mod protocol;
pub mod register;
pub mod report;
pub mod results;
pub mod rounding;
pub mod sample;
pub mod spelling;
pub mod table;
pub mod threads;
