//! Who is live.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::broadcast::Live;
use crate::event::{Event, Events};
use crate::health::{BroadcasterReport, LinkHealth};
use crate::key::{BroadcastId, Refusal, StreamKey, admit};
use crate::recording::Recorder;

/// How many broadcasts there may be at a time, those that ended of late included.
const MAX_BROADCASTS: usize = 32;
/// A broadcast that ended is shown for this long, in case it comes back.
const SHOWN_AFTER_END: Duration = Duration::from_secs(10 * 60);

/// All broadcasts, and what is the same for each.
pub(crate) struct Registry {
    key: Option<StreamKey>,
    record: Option<PathBuf>,
    events: Events,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    broadcasts: BTreeMap<BroadcastId, Arc<Live>>,
    /// Where SRT arrives, for the page to say.
    srt: Option<SocketAddr>,
    stopped: bool,
}

impl Registry {
    pub(crate) fn new(key: Option<StreamKey>, record: Option<PathBuf>, events: Events) -> Self {
        Self { key, record, events, inner: Mutex::default() }
    }

    pub(crate) fn events(&self) -> &Events {
        &self.events
    }

    pub(crate) fn set_srt_address(&self, address: SocketAddr) {
        self.lock().srt = Some(address);
    }

    /// Decides whether a broadcaster with this stream id may publish. Nothing else happens until
    /// it [begins](Admission::begin).
    ///
    /// # Errors
    ///
    /// The refusal, which is also reported as an event.
    pub(crate) fn admit(
        self: &Arc<Self>,
        stream_id: &str,
        peer: Option<SocketAddr>,
    ) -> Result<Admission, Refusal> {
        let id = admit(self.key.as_ref(), stream_id);
        let id = id.inspect_err(|&refusal| self.events.push(Event::Rejected { peer, refusal }))?;
        Ok(Admission { registry: Arc::clone(self), id, peer })
    }

    /// The broadcast of that name.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<Live>> {
        self.lock().broadcasts.values().find(|live| live.id().as_str() == name).cloned()
    }

    /// What the page asks for once a second.
    pub(crate) fn list_as_json(&self) -> String {
        #[derive(Serialize)]
        struct List {
            srt: Option<Address>,
            key: bool,
            broadcasts: Vec<Entry>,
        }
        #[derive(Serialize)]
        struct Address {
            host: String,
            port: u16,
            any_address: bool,
        }
        #[derive(Serialize)]
        struct Entry {
            id: String,
            live: bool,
            since_ms: u128,
            viewers: usize,
        }
        self.prune();
        let inner = self.lock();
        let srt = inner.srt.map(|address| Address {
            host: match address {
                SocketAddr::V4(address) => address.ip().to_string(),
                SocketAddr::V6(address) => format!("[{}]", address.ip()),
            },
            port: address.port(),
            any_address: address.ip().is_unspecified(),
        });
        let broadcasts = inner.broadcasts.values().map(|live| {
            let (is_live, since) = live.is_live();
            Entry {
                id: live.id().to_string(),
                live: is_live,
                since_ms: since.as_millis(),
                viewers: live.viewers(),
            }
        });
        let list = List { srt, key: self.key.is_some(), broadcasts: broadcasts.collect() };
        serde_json::to_string(&list).unwrap_or_default()
    }

    /// Ends every broadcast, and waits until what was received is on file.
    pub(crate) fn stop(&self) {
        let broadcasts = {
            let mut inner = self.lock();
            inner.stopped = true;
            std::mem::take(&mut inner.broadcasts)
        };
        for live in broadcasts.values() {
            drop(live.close());
        }
    }

    fn live(&self, id: BroadcastId) -> Result<Arc<Live>, Refusal> {
        self.prune();
        let mut inner = self.lock();
        if let Some(live) = inner.broadcasts.get(&id) {
            return Ok(Arc::clone(live));
        }
        if inner.stopped || inner.broadcasts.len() >= MAX_BROADCASTS {
            return Err(Refusal::Overloaded);
        }
        let live = Arc::new(Live::new(id.clone(), self.recorder(&id)));
        inner.broadcasts.insert(id, Arc::clone(&live));
        Ok(live)
    }

    fn recorder(&self, id: &BroadcastId) -> Option<Recorder> {
        let directory = self.record.clone()?;
        let recorder = Recorder::start(directory.clone(), id.clone(), self.events.clone());
        let failed = |error: &std::io::Error| {
            self.events.push(Event::RecordingFailed {
                broadcast: id.clone(),
                path: directory,
                cause: error.to_string(),
            });
        };
        recorder.inspect_err(failed).ok()
    }

    /// Forgets broadcasts that ended long ago, or, where room is short, those that ended first.
    fn prune(&self) {
        let mut forgotten = Vec::new();
        let mut inner = self.lock();
        loop {
            let is_full = inner.broadcasts.len() >= MAX_BROADCASTS;
            let ended = inner.broadcasts.values().filter_map(|live| match live.is_live() {
                (false, since) if live.viewers() == 0 => Some((since, live.id().clone())),
                _ => None,
            });
            match ended.max() {
                Some((since, id)) if is_full || since > SHOWN_AFTER_END => {
                    forgotten.extend(inner.broadcasts.remove(&id));
                }
                _ => break,
            }
        }
        drop(inner);
        for live in forgotten {
            drop(live.close());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to publish.
pub(crate) struct Admission {
    registry: Arc<Registry>,
    id: BroadcastId,
    peer: Option<SocketAddr>,
}

impl Admission {
    /// Goes on air. It takes the place of an earlier connection of the same broadcast, which is
    /// never a reason to refuse.
    ///
    /// # Errors
    ///
    /// [`Refusal::Overloaded`], which is also reported as an event.
    pub(crate) fn begin(self) -> Result<Publisher, Refusal> {
        let Self { registry, id, peer } = self;
        let live = registry.live(id).inspect_err(|&refusal| {
            registry.events.push(Event::Rejected { peer, refusal });
        })?;
        let (number, before) = live.begin();
        let broadcast = live.id().clone();
        if let Some(received) = before {
            let broadcast = broadcast.clone();
            let cause = Replaced.to_string();
            registry.events.push(Event::BroadcastStopped { broadcast, received, cause });
        }
        let replaced = before.is_some();
        registry.events.push(Event::BroadcastStarted { broadcast, peer, replaced });
        Ok(Publisher { registry, live, number })
    }
}

/// A broadcaster's place in the ingest. Dropping it ends the broadcast.
pub struct Publisher {
    registry: Arc<Registry>,
    live: Arc<Live>,
    number: u64,
}

/// The same broadcast came by another connection, which has taken over: close this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the same broadcast came by another connection, which has taken over")]
pub struct Replaced;

impl Publisher {
    /// Which broadcast this is.
    pub fn broadcast(&self) -> &BroadcastId {
        self.live.id()
    }

    /// Takes the next bytes of the MPEG transport stream, cut anywhere.
    ///
    /// # Errors
    ///
    /// [`Replaced`], from then on each time.
    pub fn push_ts(&self, data: &[u8]) -> Result<(), Replaced> {
        self.live.push(self.number, data).map_err(|_| Replaced)
    }

    /// Notes how the link is doing, for the page.
    ///
    /// # Errors
    ///
    /// As [`Publisher::push_ts`].
    pub fn set_link_health(&self, link: LinkHealth) -> Result<(), Replaced> {
        self.live.set_link(self.number, link).map_err(|_| Replaced)
    }

    /// Notes what the broadcaster says of itself, for the page.
    ///
    /// # Errors
    ///
    /// As [`Publisher::push_ts`].
    pub fn set_report(&self, report: BroadcasterReport) -> Result<(), Replaced> {
        self.live.set_report(self.number, report).map_err(|_| Replaced)
    }

    /// Ends the broadcast and says why.
    pub fn end(self, cause: &str) {
        self.finish(cause);
    }

    fn finish(&self, cause: &str) {
        if let Ok(received) = self.live.end(self.number) {
            self.registry.events.push(Event::BroadcastStopped {
                broadcast: self.live.id().clone(),
                received,
                cause: cause.to_owned(),
            });
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.finish("the broadcaster left");
    }
}

#[cfg(test)]
mod tests;
