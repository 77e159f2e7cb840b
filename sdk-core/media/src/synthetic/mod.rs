//! The synthetic source: a moving test picture with the time burnt in, and a tone that beeps with
//! the picture's flash each second.
//!
//! Both are functions of the media time alone (the picture also of the wall clock that it shows),
//! so that flash and beep begin at the same instant of the media: at each whole second.

mod picture;
mod text;
mod tone;

pub use picture::{FLASH_DURATION, Moment, TestPicture, flash_area};
pub use tone::{BEEP_DURATION, BEEP_HERTZ, Tone};
