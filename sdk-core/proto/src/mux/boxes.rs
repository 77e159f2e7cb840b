//! The boxes that MP4 files and fragments are made of (ISO/IEC 14496-12, 4.2).

/// A box's type: four characters.
pub(super) type Kind = [u8; 4];

/// A box that says it is longer than the data around it, or shorter than its own header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overrun {
    pub(super) kind: Kind,
}

/// A box as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MediaBox<'a> {
    pub(super) kind: Kind,
    pub(super) body: &'a [u8],
}

/// The boxes of `data`, one after the other. Ends after the first that does not fit. Up to seven
/// bytes after the last box are padding.
pub(super) const fn boxes(data: &[u8]) -> Boxes<'_> {
    Boxes { rest: data }
}

/// The body of the first box of this type directly in `data`.
pub(super) fn find<'a>(data: &'a [u8], kind: &Kind) -> Option<&'a [u8]> {
    boxes(data).map_while(Result::ok).find(|found| found.kind == *kind).map(|found| found.body)
}

/// The body of the box at the end of a path of nested boxes.
pub(super) fn find_path<'a>(data: &'a [u8], path: &[&Kind]) -> Option<&'a [u8]> {
    path.iter().try_fold(data, |data, kind| find(data, kind))
}

/// An iterator over boxes; made by [`boxes`].
#[derive(Clone, Debug)]
pub(super) struct Boxes<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<MediaBox<'a>, Overrun>;

    fn next(&mut self) -> Option<Self::Item> {
        let (size, after) = self.rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let split = match u32::from_be_bytes(*size) {
            0 => Some((after, &[][..])),
            1 => after.split_first_chunk().and_then(|(size, after)| {
                split_body(after, u64::from_be_bytes(*size).checked_sub(16)?)
            }),
            size => u64::from(size).checked_sub(8).and_then(|size| split_body(after, size)),
        };
        let Some((body, rest)) = split else {
            self.rest = &[];
            return Some(Err(Overrun { kind: *kind }));
        };
        self.rest = rest;
        Some(Ok(MediaBox { kind: *kind, body }))
    }
}

fn split_body(data: &[u8], size: u64) -> Option<(&[u8], &[u8])> {
    data.split_at_checked(usize::try_from(size).ok()?)
}

/// Appends a box whose body `write` appends.
pub(super) fn put_box(output: &mut Vec<u8>, kind: &Kind, write: impl FnOnce(&mut Vec<u8>)) {
    let start = output.len();
    output.extend_from_slice(&[0; 4]);
    output.extend_from_slice(kind);
    write(output);
    let size = u32::try_from(output.len() - start).unwrap_or(0);
    if let Some(field) = output.get_mut(start..start + 4) {
        field.copy_from_slice(&size.to_be_bytes());
    }
}

/// Appends a box with a version and 24 bits of flags.
pub(super) fn put_full_box(
    output: &mut Vec<u8>,
    kind: &Kind,
    version: u8,
    flags: u32,
    write: impl FnOnce(&mut Vec<u8>),
) {
    put_box(output, kind, |output| {
        put_u32(output, u32::from(version) << 24 | flags);
        write(output);
    });
}

pub(super) fn put_u16(output: &mut Vec<u8>, value: u16) {
    output.extend_from_slice(&value.to_be_bytes());
}

pub(super) fn put_u32(output: &mut Vec<u8>, value: u32) {
    output.extend_from_slice(&value.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_found() {
        let mut data = vec![];
        put_box(&mut data, b"moov", |data| {
            put_full_box(data, b"mvhd", 1, 2, |data| put_u32(data, 7));
            put_box(data, b"trak", |data| put_u16(data, 5));
        });
        assert_eq!(data[..8], *b"\0\0\0\x22moov");
        assert_eq!(find_path(&data, &[b"moov", b"mvhd"]), Some(&[1, 0, 0, 2, 0, 0, 0, 7][..]));
        assert_eq!(find_path(&data, &[b"moov", b"trak"]), Some(&[0, 5][..]));
        assert_eq!(find_path(&data, &[b"moov", b"udta"]), None);
    }

    #[test]
    fn long_and_open_boxes_are_read() {
        let data = b"\0\0\0\x01free\0\0\0\0\0\0\0\x12ab\0\0\0\0mdatrest";
        let found: Vec<_> = boxes(data).map(Result::unwrap).collect();
        assert_eq!((found[0].kind, found[0].body), (*b"free", &b"ab"[..]));
        assert_eq!((found[1].kind, found[1].body), (*b"mdat", &b"rest"[..]));
    }

    #[test]
    fn a_box_that_does_not_fit_is_the_last() {
        for data in [&b"\0\0\0\x09moov"[..], b"\0\0\0\x07moov", b"\0\0\0\x01moov\0\0\0\0\0\0\0\x0f"]
        {
            let found: Vec<_> = boxes(data).collect();
            assert_eq!(found, [Err(Overrun { kind: *b"moov" })]);
        }
    }
}
