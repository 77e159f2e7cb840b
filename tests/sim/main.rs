//! Stories of SRT over bad networks, in virtual time: ten minutes pass in a second.
//!
//! Every story is a function of its seed. One that fails prints the seed; `kept` holds those that
//! once found a fault.

mod bonding;
mod broadcast;
mod cellular;
mod clocks;
mod controller;
mod encoders;
mod faults;
mod filter;
mod kept;
mod ladder;
mod loss;
mod others;
mod quic;
mod random;
mod sound;
mod split;
mod story;
mod unequal;
