//! The page's files, built into the program.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Name, media type and text of each file.
const FILES: &[(&str, &str, &str)] = &[
    ("style.css", "text/css; charset=utf-8", include_str!("../../page/style.css")),
    ("icon.svg", "image/svg+xml", include_str!("../../page/icon.svg")),
    ("main.js", SCRIPT, include_str!("../../page/main.js")),
    ("player.js", SCRIPT, include_str!("../../page/player.js")),
    ("clock.js", SCRIPT, include_str!("../../page/clock.js")),
    ("panel.js", SCRIPT, include_str!("../../page/panel.js")),
    ("plot.js", SCRIPT, include_str!("../../page/plot.js")),
];

const SCRIPT: &str = "text/javascript; charset=utf-8";

pub(super) async fn index() -> Response {
    respond("text/html; charset=utf-8", include_str!("../../page/index.html"))
}

pub(super) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, ..)| *file == name) {
        Some((_, media_type, text)) => respond(media_type, text),
        None => (StatusCode::NOT_FOUND, "There is no such file.\n").into_response(),
    }
}

fn respond(media_type: &'static str, text: &'static str) -> Response {
    // A page from an older build must not meet a newer ingest.
    ([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-store")], text)
        .into_response()
}
