//! The files that rules look at, and what a rule finds.

use super::code;
use crate::failure::{Context, Failure};
use crate::workspace;

/// A repository in memory: the real one, or one that a test makes up.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

#[derive(Debug)]
pub(crate) struct File {
    /// From the repository's root, with `/` between folders.
    pub(crate) path: String,
    /// The contents; empty for a file that is not text.
    pub(crate) text: String,
    /// For Rust: the contents with comments and the insides of literals blanked; lines and
    /// columns stay where they were.
    pub(crate) code: String,
    pub(crate) bytes: usize,
}

/// One place that breaks a rule, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Tree {
    pub(crate) fn of_the_repository() -> Result<Self, Failure> {
        let mut files = Vec::new();
        for path in workspace::files()? {
            let doing = format!("cannot read {path}");
            let bytes = std::fs::read(workspace::root().join(&path)).context(doing)?;
            files.push(File::new(path, bytes));
        }
        Ok(Self { files })
    }

    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(crate) fn with_extension<'a>(
        &'a self,
        extension: &'a str,
    ) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |file| file.extension() == extension)
    }

    /// A made-up repository: paths and contents.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File::new((*path).into(), text.as_bytes().into());
        Self { files: files.iter().map(file).collect() }
    }
}

impl File {
    pub(crate) fn new(path: String, bytes: Vec<u8>) -> Self {
        let size = bytes.len();
        let text = String::from_utf8(bytes).unwrap_or_default();
        let code = if path.ends_with(".rs") { code::only(&text) } else { String::new() };
        Self { path, text, code, bytes: size }
    }

    pub(crate) fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// A finding at the line that holds the byte `offset` of the text.
    pub(crate) fn finding_at(&self, offset: usize, message: impl Into<String>) -> Finding {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        self.finding(1 + before.iter().filter(|byte| **byte == b'\n').count(), message)
    }

    pub(crate) fn finding(&self, line: usize, message: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, message: message.into() }
    }

    /// The lines, numbered from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}
