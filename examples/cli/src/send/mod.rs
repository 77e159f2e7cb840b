//! `golive send`: a transport stream that exists already, carried untouched.

mod paced;

/// Bytes of a payload: seven packets of 188, as every SRT ingest of MPEG-TS expects.
const PAYLOAD: usize = 7 * 188;
