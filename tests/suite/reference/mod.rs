//! Expected numbers from outside the program: published, by hand, or by another program whose
//! script stands beside the number.

mod auditors;
mod bootstrap;
mod bounds;
mod draws;
mod durations;
mod durations_by_hand;
mod exactness;
mod foresight;
mod ledgers;
mod linear;
mod programs;
mod published;
mod redraw;
mod shares;
mod stepdown;
mod truth;
