//! Writes a cpio archive in the "newc" form, which is how the kernel takes its first file system
//! (Documentation/driver-api/early-userspace/buffer-format.rst).

/// An archive that grows by files, folders, links and device nodes.
#[derive(Debug, Default)]
pub(super) struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

const FOLDER: u32 = 0o040_755;
const LINK: u32 = 0o120_777;
const CHARACTER_DEVICE: u32 = 0o020_600;
const FILE: u32 = 0o100_000;

impl Archive {
    /// A regular file; `path` has no leading slash, and its folders come before it.
    pub(super) fn file(&mut self, path: &str, mode: u32, contents: &[u8]) {
        self.entry(path, FILE | mode, (0, 0), contents);
    }

    pub(super) fn folder(&mut self, path: &str) {
        self.entry(path, FOLDER, (0, 0), &[]);
    }

    /// A symbolic link at `path` that leads to `target`.
    pub(super) fn link(&mut self, path: &str, target: &str) {
        self.entry(path, LINK, (0, 0), target.as_bytes());
    }

    pub(super) fn character_device(&mut self, path: &str, major: u32, minor: u32) {
        self.entry(path, CHARACTER_DEVICE, (major, minor), &[]);
    }

    /// The whole archive, closed by its trailer.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, (0, 0), &[]);
        self.bytes
    }

    fn entry(&mut self, path: &str, mode: u32, device: (u32, u32), contents: &[u8]) {
        self.entries += 1;
        let (major, minor) = device;
        let fields: [u32; 13] = [
            self.entries, // inode
            mode,
            0, // user
            0, // group
            1, // links
            0, // modification time
            u32::try_from(contents.len()).unwrap_or(u32::MAX),
            0, // device that holds it: major, minor
            0,
            major,
            minor,
            u32::try_from(path.len() + 1).unwrap_or(u32::MAX),
            0, // checksum, unused in this form
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(path.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(contents);
        self.pad();
    }

    /// Names and contents begin at multiples of four bytes.
    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_laid_out_as_the_kernel_reads_it() {
        let mut archive = Archive::default();
        archive.file("init", 0o755, b"#!x\n\n");
        let bytes = archive.finish();
        let text = String::from_utf8_lossy(&bytes);
        let header = text.get(..110).unwrap();
        assert!(header.starts_with("07070100000001000081ed"), "inode 1, a file of mode 755");
        assert_eq!(header.get(54..62), Some("00000005"), "five bytes of contents");
        assert_eq!(header.get(94..102), Some("00000005"), "a name of four bytes and its end");
        assert_eq!(text.get(110..128), Some("init\0\0#!x\n\n\0\0\0\u{30}707"));
        assert!(text.contains("TRAILER!!!") && bytes.len() % 4 == 0);
    }

    #[test]
    fn a_device_carries_its_numbers_and_a_link_its_target() {
        let mut archive = Archive::default();
        archive.character_device("dev/console", 5, 1);
        archive.link("bin/sh", "busybox");
        let text = String::from_utf8(archive.finish()).unwrap();
        assert_eq!(text.get(78..94), Some("0000000500000001"));
        assert!(text.contains("busybox"));
    }
}
