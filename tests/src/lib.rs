//! Proofs: virtual time, real peers, bad networks.
