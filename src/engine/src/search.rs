//! Searching a text for a short part.
//!
//! The search of the standard library is built for long parts in long texts, and its panics print characters: nine
//! kilobytes of the background's wasm. Nothing here panics, and so nothing here slices a text by an index it has not asked
//! for ([`str::get`], [`str::split_at_checked`]); a plain `text.contains("part")` anywhere brings all of it back.

/// What stands before the part where it is found first, and after it.
pub(crate) fn cut<'a>(text: &'a str, part: &str) -> Option<(&'a str, &'a str)> {
    text.char_indices().find_map(|(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        Some((before, rest.strip_prefix(part)?))
    })
}

/// Whether the part is in the text.
pub(crate) fn has(text: &str, part: &str) -> bool {
    cut(text, part).is_some()
}

/// What stands before the first of these ASCII marks; all of it, if there is none.
pub(crate) fn before<'a>(text: &'a str, marks: &[u8]) -> &'a str {
    let end = text.bytes().position(|byte| marks.contains(&byte));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{before, cut, has};

    #[test]
    fn it_ends_at_the_first_mark() {
        for (text, marks, expected) in [("", "/", ""), ("a/b?c", "?/", "a"), ("/a", "/", ""), ("äb", "/?", "äb")] {
            assert_eq!(before(text, marks.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn it_finds_what_the_standard_library_finds() {
        for text in ["", "a", "ab", "aab", "abab", "äab", "ab\u{1f9d1}ab", "ba", "b\u{e4}"] {
            for part in ["a", "ab", "aab", "\u{e4}", "\u{1f9d1}a", "abc"] {
                assert_eq!(cut(text, part), text.split_once(part), "{part} in {text}");
                assert_eq!(has(text, part), text.contains(part), "{part} in {text}");
            }
        }
    }
}
