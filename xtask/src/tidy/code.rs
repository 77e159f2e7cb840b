//! Rust source with everything blanked that is not code.

/// Replaces comments and the insides of string and character literals by spaces. Line breaks and
/// the length in bytes stay, so that an offset in the result is one in the source.
pub(crate) fn only(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut blanked = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let (inside, end) = next(bytes, at);
        for byte in blanked.get_mut(inside.0..inside.1).into_iter().flatten() {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    // Only whole literals and comments were blanked, so what is left is still UTF-8.
    String::from_utf8_lossy(&blanked).into_owned()
}

/// Where words of `code` that are exactly `word` begin: no letter, digit or `_` beside them.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = code.get(..*at).and_then(|text| text.chars().next_back());
        let after = code.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

pub(crate) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The range to blank of what begins at `at`, and where to go on.
fn next(bytes: &[u8], at: usize) -> ((usize, usize), usize) {
    let rest = bytes.get(at..).unwrap_or_default();
    let fresh = !at.checked_sub(1).and_then(|i| bytes.get(i)).is_some_and(|b| is_word(*b as char));
    if rest.starts_with(b"//") {
        let end = at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        return ((at, end), end);
    }
    if rest.starts_with(b"/*") {
        let end = at + block_comment(rest);
        return ((at, end), end);
    }
    if let Some((open, close)) = fresh.then(|| raw_string(rest)).flatten() {
        return ((at + open, at + close.0), at + close.1);
    }
    if rest.starts_with(b"\"") {
        let end = at + 1 + literal(rest.get(1..).unwrap_or_default(), b'"');
        return ((at + 1, end), end + 1);
    }
    if rest.starts_with(b"'")
        && let Some(length) = character(rest)
    {
        return ((at + 1, at + length - 1), at + length);
    }
    ((at, at), at + 1)
}

/// The length of a block comment, those nested in it included.
fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        match rest.get(at..at + 2) {
            Some(b"/*") => depth += 1,
            Some(b"*/") => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The inside of a raw string that begins here, and where it ends altogether.
fn raw_string(rest: &[u8]) -> Option<(usize, (usize, usize))> {
    let prefix = [b"r".as_slice(), b"br", b"cr"].into_iter().find(|it| rest.starts_with(it))?.len();
    let hashes = rest.get(prefix..)?.iter().take_while(|byte| **byte == b'#').count();
    let open = prefix + hashes + 1;
    if rest.get(open - 1) != Some(&b'"') {
        return None;
    }
    let closing = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
    let inside = rest.get(open..)?;
    let length = inside.windows(closing.len()).position(|window| window == closing);
    let close = open + length.unwrap_or(inside.len());
    Some((open, (close, close + closing.len())))
}

/// How far it is to the closing quote, over escaped ones.
fn literal(inside: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while let Some(byte) = inside.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == quote => return at,
            _ => at += 1,
        }
    }
    inside.len()
}

/// The length of a character literal, quotes included; `None` for a lifetime.
fn character(rest: &[u8]) -> Option<usize> {
    let inside = rest.get(1..)?;
    if inside.first() == Some(&b'\\') {
        return Some(2 + literal(inside, b'\''));
    }
    let text = std::str::from_utf8(inside.get(..inside.len().min(8))?);
    let text = text.or_else(|error| std::str::from_utf8(&inside[..error.valid_up_to()])).ok()?;
    let length = text.chars().next()?.len_utf8();
    (inside.get(length) == Some(&b'\'')).then_some(length + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_the_insides_of_literals_go_and_code_stays() {
        let cases = [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"f("un\"safe") + g"#, r#"f("        ") + g"#),
            (r##"r#"a"b"# + r"c\" + d"##, r##"r#"   "# + r"  " + d"##),
            ("'u' '\\'' 'a b", "' ' '  ' 'a b"),
            ("'ü' x", "'  ' x"),
            ("for r in \"x\"", "for r in \" \""),
        ];
        for (source, expected) in cases {
            assert_eq!(only(source), expected, "{source}");
        }
    }

    #[test]
    fn what_never_ends_does_not_hang_or_panic() {
        for source in ["\"", "r#\"", "/*", "'\\", "'", "b\"\\", "/*/", "//"] {
            assert_eq!(only(source).len(), source.len(), "{source}");
        }
    }

    #[test]
    fn words_are_found_only_whole() {
        assert_eq!(words("unsafe fn not_unsafe() { unsafe{} }", "unsafe").count(), 2);
    }
}
