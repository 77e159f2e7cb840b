//! Keeps pages of other sites, open in the same browser, from watching.
//!
//! Two ways in are shut. A page of another site may open a WebSocket to this machine: its browser
//! names the page's origin, which has to be ours (RFC 6455, 10.2). Or its own name may come to
//! resolve to this machine's address (DNS rebinding): then the request's `Host` is that name, and
//! only names that cannot be someone else's are taken.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What a page of ours may do: run its own scripts, talk to its own ingest, nothing else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     connect-src 'self'; media-src blob:; img-src 'self' data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// Turns away requests of other sites, and marks the answers to ours.
pub(super) async fn check(request: Request, next: Next) -> Response {
    let mut response = match verdict(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    response
}

fn verdict(headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or(""));
    let host = text(header::HOST).unwrap_or("");
    if !is_own_name(host) {
        let advice = "Open this page by the machine's IP address, by localhost, or by a name \
                      without a dot or ending in .local.\n";
        return Err((StatusCode::MISDIRECTED_REQUEST, advice));
    }
    // Browsers send an origin with each WebSocket; other programs need not.
    match text(header::ORIGIN) {
        Some(origin) if origin.strip_prefix("http://") != Some(host) => {
            Err((StatusCode::FORBIDDEN, "This ingest is watched on its own page only.\n"))
        }
        _ => Ok(()),
    }
}

/// Whether `host` (a name or address, and perhaps a port) is one that nobody else can register.
fn is_own_name(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if port.is_empty() || port.starts_with(':') => address,
        Some(_) => return false,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    let plain =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let local = [".local", ".localhost"].iter().any(|end| name.ends_with(end));
    plain || local || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(host: &'static str, origin: Option<&'static str>) -> Option<StatusCode> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        verdict(&headers).err().map(|(status, _)| status)
    }

    #[test]
    fn our_own_page_is_let_in_by_every_name_of_the_machine() {
        for (host, origin) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("[::1]:8080", "http://[::1]:8080"),
            ("localhost:8080", "http://localhost:8080"),
            ("192.168.1.7", "http://192.168.1.7"),
            ("studio:8080", "http://studio:8080"),
            ("studio.local:8080", "http://studio.local:8080"),
        ] {
            assert_eq!(ask(host, Some(origin)), None, "{host}");
            assert_eq!(ask(host, None), None, "{host}");
        }
    }

    #[test]
    fn pages_of_other_sites_are_turned_away() {
        for origin in
            ["http://evil.example", "null", "http://127.0.0.1:9", "https://127.0.0.1:8080"]
        {
            assert_eq!(
                ask("127.0.0.1:8080", Some(origin)),
                Some(StatusCode::FORBIDDEN),
                "{origin}"
            );
        }
    }

    #[test]
    fn a_name_that_someone_else_may_own_is_turned_away() {
        for host in ["evil.example:8080", "", "127.0.0.1.evil.example", "[::1].evil.example:80"] {
            assert_eq!(ask(host, None), Some(StatusCode::MISDIRECTED_REQUEST), "{host}");
        }
    }
}
