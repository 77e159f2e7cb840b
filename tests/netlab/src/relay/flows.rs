//! Receiving: one thread for all clients, one for each client's answers.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::thread::JoinHandle;

use super::{Direction, Shared, loopback, socket};

/// More clients than this are ignored.
const MAX_CLIENTS: usize = 256;
/// The largest UDP datagram.
const MAX_DATAGRAM: usize = 65_535;

/// One client's way to the target.
struct Flow {
    far: Arc<UdpSocket>,
    answers: JoinHandle<()>,
}

/// Receives from clients until the relay stops.
pub(super) fn run(shared: &Arc<Shared>, near: &Arc<UdpSocket>, target: SocketAddr) {
    let mut flows: HashMap<SocketAddr, Flow> = HashMap::new();
    let mut datagram = vec![0; MAX_DATAGRAM];
    while !shared.stopped() {
        // Timeouts, and errors that an earlier datagram caused, end in another try.
        let Ok((length, client)) = near.recv_from(&mut datagram) else {
            continue;
        };
        if !flows.contains_key(&client) && flows.len() < MAX_CLIENTS {
            match open(shared, near, client, target) {
                Ok(flow) => drop(flows.insert(client, flow)),
                Err(error) => eprintln!("relay: no socket for {client}: {error}"),
            }
        }
        if let (Some(flow), Some(bytes)) = (flows.get(&client), datagram.get(..length)) {
            shared.carry(Direction::Forward, bytes, &flow.far, target);
        }
    }
    for flow in flows.into_values() {
        // A thread that panicked has already printed why.
        let _ = flow.answers.join();
    }
}

fn open(
    shared: &Arc<Shared>,
    near: &Arc<UdpSocket>,
    client: SocketAddr,
    target: SocketAddr,
) -> io::Result<Flow> {
    let far = Arc::new(socket(SocketAddr::new(loopback(target), 0))?);
    let answers = {
        let (shared, near, far) = (Arc::clone(shared), Arc::clone(near), Arc::clone(&far));
        std::thread::Builder::new()
            .name("relay answers".into())
            .spawn(move || receive_answers(&shared, &far, &near, client, target))?
    };
    Ok(Flow { far, answers })
}

fn receive_answers(
    shared: &Shared,
    far: &UdpSocket,
    near: &Arc<UdpSocket>,
    client: SocketAddr,
    target: SocketAddr,
) {
    let mut datagram = vec![0; MAX_DATAGRAM];
    while !shared.stopped() {
        let Ok((length, from)) = far.recv_from(&mut datagram) else {
            continue;
        };
        if let (true, Some(bytes)) = (from == target, datagram.get(..length)) {
            shared.carry(Direction::Backward, bytes, near, client);
        }
    }
}
