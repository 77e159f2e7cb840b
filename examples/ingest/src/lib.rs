//! The embedded ingest.
