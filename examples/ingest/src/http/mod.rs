//! The page and what it reads, over HTTP.
//!
//! Whoever can reach the address may watch; it is the loopback unless told otherwise, and
//! [`guard`] sees to it that a page of another site, open in the same browser, may not. What a
//! client can occupy is bounded: connections, viewers, header size, the time to send a request.

mod assets;
mod guard;
mod view;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::error::Error;
use crate::registry::Registry;

/// Connections at a time, viewers included.
const MAX_CONNECTIONS: usize = 256;
/// How long a client may take to send a request, or to send the next one.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a request's header.
const MAX_HEADER: usize = 16 * 1024;
/// What the system may hold back for a slow viewer: past this its queue fills, and it skips.
const SEND_BUFFER: u32 = 256 * 1024;

/// The HTTP server, on a thread of its own.
pub(crate) struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Listens on `address` and serves what `registry` holds.
    pub(crate) fn start(address: SocketAddr, registry: Arc<Registry>) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::System)?;
        let listener = {
            let _context = runtime.enter();
            listen(address).map_err(|error| Error::listen("the page", address, error))?
        };
        let address = listener.local_addr().map_err(Error::System)?;
        let (stop, stopped) = watch::channel(false);
        let thread = thread::Builder::new()
            .name("golive-http".to_owned())
            .spawn(move || run(&runtime, listener, registry, stopped))
            .map_err(Error::System)?;
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Ends every connection, and waits for the thread.
impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A port whose last connections are still winding down may be used again at once. On Windows
    // the option would let two programs share a port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(128)
}

fn run(
    runtime: &Runtime,
    listener: TcpListener,
    registry: Arc<Registry>,
    mut stopped: watch::Receiver<bool>,
) {
    let router = router(registry);
    runtime.block_on(async {
        tokio::select! {
            () = accept(listener, router) => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    });
    // Dropping the runtime ends the connections.
}

async fn accept(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, router.clone(), place));
            }
            Err(error) => {
                // Out of descriptors, or a client that left at once: neither lasts.
                tracing::debug!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, router: Router, place: OwnedSemaphorePermit) {
    // A fragment must not wait for the acknowledgement of the one before it.
    let _ = stream.set_nodelay(true);
    let place = Arc::new(place);
    // The place outlives the HTTP connection where that becomes a viewer's.
    let router = router.layer(axum::Extension(Arc::clone(&place)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIMEOUT)
        .max_buf_size(MAX_HEADER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection to the page ended");
    }
}

fn router(registry: Arc<Registry>) -> Router {
    Router::new()
        .route("/", get(assets::index))
        .route("/page/{file}", get(assets::file))
        .route("/api/broadcasts", get(broadcasts))
        .route("/live/{broadcast}", get(view::view))
        .layer(middleware::from_fn(guard::check))
        .with_state(registry)
}

async fn broadcasts(State(registry): State<Arc<Registry>>) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, registry.list_as_json())
}
