//! SRT's packet filter: repair packets that are negotiated in the handshake, after libsrt's
//! `docs/features/packet-filtering-and-fec.md`.
//!
//! Both sides have the same filter or none, and its shape is fixed by the handshake.

mod choice;
mod receiving;
mod wire;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use crate::fec::{Layout, Matrix, Protection};

use super::rejection::Rejection;

pub use choice::PathLosses;
pub(crate) use receiving::Repairing;
pub(crate) use wire::{CombinationPacket, RepairPacket, source_of, write_repair};

/// A filter as one side asks for it. What is left out, the other side decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketFilter {
    /// Length of a row: 2 to 127 packets. One of the sides has to say it.
    pub columns: Option<u8>,
    /// What is protected; rows alone if nobody says.
    pub protection: Option<Protection>,
    /// How columns begin; a staircase if nobody says, as libsrt has it.
    pub layout: Option<Layout>,
    /// What is asked for again; what could not be rebuilt if nobody says.
    pub retransmission: Option<Retransmission>,
}

/// What is asked for again beside a filter (`arq`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retransmission {
    /// Every loss, as soon as it is noticed.
    Always,
    /// What could not be rebuilt, once that is certain.
    #[default]
    OnRequest,
    /// Nothing.
    Never,
}

/// What both sides agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgreedFilter {
    /// What is protected together.
    pub matrix: Matrix,
    /// What is asked for again.
    pub retransmission: Retransmission,
}

/// A text is no packet filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a packet filter reads fec,cols:N,rows:M,layout:L,arq:A with 2 to 127 columns, M rows of 1 to \
     127 (or -2 to -127 for columns alone), L `even` or `staircase`, A `always`, `onreq` or `never`"
)]
pub struct PacketFilterError;

/// Bytes of a payload at most while a filter is in use: libsrt's default. A receiver of its kind
/// has room for no more in a repair packet.
pub(crate) const FILTERED_PAYLOAD_BYTES: usize = 1_316;

/// Longer texts are no filter of libsrt's either.
const MAX_TEXT_BYTES: usize = 64;

impl PacketFilter {
    /// The listener's side of the bargain: its own wishes and the caller's, if they fit together.
    pub(crate) fn merge(own: Option<Self>, asked: Self) -> Result<Self, Rejection> {
        let own = own.unwrap_or_default();
        fn pick<T: PartialEq>(own: Option<T>, asked: Option<T>) -> Result<Option<T>, Rejection> {
            match (own, asked) {
                (Some(own), Some(asked)) if own != asked => Err(Rejection::FILTER),
                (own, asked) => Ok(own.or(asked)),
            }
        }
        Ok(Self {
            columns: pick(own.columns, asked.columns)?,
            protection: pick(own.protection, asked.protection)?,
            layout: pick(own.layout, asked.layout)?,
            retransmission: pick(own.retransmission, asked.retransmission)?,
        })
    }

    /// The caller's side: what the listener says holds, and the caller's wishes beside it.
    pub(crate) fn adopt(own: Option<Self>, answered: Self) -> Self {
        let own = own.unwrap_or_default();
        Self {
            columns: answered.columns.or(own.columns),
            protection: answered.protection.or(own.protection),
            layout: answered.layout.or(own.layout),
            retransmission: answered.retransmission.or(own.retransmission),
        }
    }

    /// With defaults for what nobody has said.
    pub(crate) fn agree(self) -> Result<AgreedFilter, Rejection> {
        let columns = self.columns.ok_or(Rejection::FILTER)?;
        let protection = self.protection.unwrap_or(Protection::Rows);
        let matrix = Matrix::new(columns, protection, self.layout.unwrap_or_default());
        Ok(AgreedFilter {
            matrix: matrix.map_err(|_| Rejection::FILTER)?,
            retransmission: self.retransmission.unwrap_or_default(),
        })
    }

    /// What a handshake says; a filter of another kind fits nobody here.
    pub(crate) fn from_handshake(text: Option<String>) -> Result<Self, Rejection> {
        text.and_then(|text| text.parse().ok()).ok_or(Rejection::FILTER)
    }
}

impl From<AgreedFilter> for PacketFilter {
    fn from(agreed: AgreedFilter) -> Self {
        Self {
            columns: Some(agreed.matrix.columns()),
            protection: Some(agreed.matrix.protection()),
            layout: Some(agreed.matrix.layout()),
            retransmission: Some(agreed.retransmission),
        }
    }
}

impl FromStr for PacketFilter {
    type Err = PacketFilterError;

    fn from_str(text: &str) -> Result<Self, PacketFilterError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(PacketFilterError);
        }
        let mut parts = text.split(',');
        if parts.next() != Some("fec") {
            return Err(PacketFilterError);
        }
        let mut filter = Self::default();
        for part in parts {
            let (key, value) = part.split_once(':').ok_or(PacketFilterError)?;
            match key {
                "cols" => filter.columns = Some(value.parse().map_err(|_| PacketFilterError)?),
                "rows" => filter.protection = Some(protection(value)?),
                "layout" => filter.layout = Some(layout(value)?),
                "arq" => filter.retransmission = Some(retransmission(value)?),
                _ => return Err(PacketFilterError),
            }
        }
        let columns = filter.columns.unwrap_or(2);
        let protection = filter.protection.unwrap_or(Protection::Rows);
        Matrix::new(columns, protection, Layout::Even).map_err(|_| PacketFilterError)?;
        Ok(filter)
    }
}

fn protection(value: &str) -> Result<Protection, PacketFilterError> {
    let rows: i16 = value.parse().map_err(|_| PacketFilterError)?;
    let size = u8::try_from(rows.unsigned_abs()).map_err(|_| PacketFilterError)?;
    match rows {
        1 => Ok(Protection::Rows),
        2.. => Ok(Protection::RowsAndColumns(size)),
        ..=-2 => Ok(Protection::Columns(size)),
        -1 | 0 => Err(PacketFilterError),
    }
}

fn layout(value: &str) -> Result<Layout, PacketFilterError> {
    match value {
        "even" => Ok(Layout::Even),
        "staircase" => Ok(Layout::Staircase),
        _ => Err(PacketFilterError),
    }
}

fn retransmission(value: &str) -> Result<Retransmission, PacketFilterError> {
    match value {
        "always" => Ok(Retransmission::Always),
        "onreq" => Ok(Retransmission::OnRequest),
        "never" => Ok(Retransmission::Never),
        _ => Err(PacketFilterError),
    }
}

impl fmt::Display for PacketFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fec")?;
        if let Some(columns) = self.columns {
            write!(f, ",cols:{columns}")?;
        }
        match self.protection {
            Some(Protection::Rows) => f.write_str(",rows:1")?,
            Some(Protection::Columns(rows)) => write!(f, ",rows:-{rows}")?,
            Some(Protection::RowsAndColumns(rows)) => write!(f, ",rows:{rows}")?,
            None => {}
        }
        if let Some(layout) = self.layout {
            write!(f, ",layout:{layout}")?;
        }
        match self.retransmission {
            Some(retransmission) => write!(f, ",arq:{retransmission}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Retransmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Retransmission::Always => "always",
            Retransmission::OnRequest => "onreq",
            Retransmission::Never => "never",
        })
    }
}

impl fmt::Display for AgreedFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        PacketFilter::from(*self).fmt(f)
    }
}
