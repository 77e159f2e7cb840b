//! Packets as bytes, both ways (draft-sharabayko-srt-01, section 3).
//!
//! Every number is big-endian. Reading never panics and borrows from the datagram; writing goes
//! into a buffer that the caller lends.

mod acknowledgement;
mod handshake;
mod header;
mod loss_list;
mod reader;
mod writer;

pub(crate) use acknowledgement::{Acknowledgement, Measured, Rates};
pub(crate) use handshake::{
    ExtensionKind, Handshake, HandshakeFields, HandshakeKind, Negotiation, address_words,
    extension_flag, option_flag, put_extension, put_text_extension, text_from_words,
};
pub(crate) use header::{
    ControlHeader, ControlKind, ControlPacket, DataPacket, HEADER_BYTES, KEY_FLAGS_BYTE, KeyParity,
    Packet, RETRANSMITTED_BYTE, RETRANSMITTED_FLAG, key_flags, write_data_header,
};
pub(crate) use loss_list::{LossRange, LossRanges, put_loss_range};
pub(crate) use reader::Reader;
pub(crate) use writer::Writer;
