//! Binding a socket to one of Android's networks, which no address does: what routes there is the
//! network that a socket belongs to (`multinetwork.h` of the NDK, Android 6 and later).

#![allow(unsafe_code, reason = "the system's function is C")]

use std::ffi::c_int;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

#[link(name = "android")]
unsafe extern "C" {
    fn android_setsocknetwork(network: u64, socket: c_int) -> c_int;
}

/// Has `socket` send and receive over `network` (`Network.getNetworkHandle()`) and no other.
///
/// # Errors
///
/// The system's, where the network is gone or the app may not use it.
pub(super) fn attach(socket: impl AsFd, network: u64) -> io::Result<()> {
    let descriptor = socket.as_fd().as_raw_fd();
    // SAFETY: the function takes two numbers and keeps neither; the descriptor is open, as it is
    // borrowed for the call.
    let result = unsafe { android_setsocknetwork(network, descriptor) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
