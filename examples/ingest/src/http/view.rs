//! One viewer's WebSocket.
//!
//! Text messages are JSON: `start` says how the media is to be read from here on, `health` comes
//! once a second. Binary messages are media: an initialization segment or a fragment for Media
//! Source Extensions, and behind it one byte, the track (0 video, 1 audio). What a viewer sends is
//! ignored.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::ws::{self, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::broadcast::{Live, Message, Viewer};
use crate::registry::Registry;

/// From one report of health to the next.
const HEALTH_INTERVAL: Duration = Duration::from_secs(1);
/// A viewer that takes nothing for this long has gone away without a word.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest message that a viewer may send.
const MAX_INCOMING: usize = 1_024;

pub(super) async fn view(
    Path(broadcast): Path<String>,
    State(registry): State<Arc<Registry>>,
    Extension(place): Extension<Arc<OwnedSemaphorePermit>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Some(live) = registry.find(&broadcast) else {
        return (StatusCode::NOT_FOUND, "There is no such broadcast now.\n").into_response();
    };
    upgrade.max_message_size(MAX_INCOMING).max_frame_size(MAX_INCOMING).on_upgrade(
        move |socket| async move {
            serve(socket, &live).await;
            drop(place);
        },
    )
}

async fn serve(mut socket: WebSocket, live: &Live) {
    let viewer = live.join();
    let mut health = interval(HEALTH_INTERVAL);
    health.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            message = next(&viewer) => message,
            _ = health.tick() => Some(ws::Message::text(live.health_as_json())),
            incoming = socket.recv() => match incoming {
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            },
        };
        let Some(message) = message else { return };
        match timeout(SEND_TIMEOUT, socket.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

async fn next(viewer: &Viewer) -> Option<ws::Message> {
    Some(match viewer.next().await? {
        Message::Text(text) => ws::Message::text(&*text),
        Message::Binary(bytes) => ws::Message::Binary(bytes),
    })
}
