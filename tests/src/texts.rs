//! Texts that are hard to carry.

/// A text of exactly `units` UTF-16 units: line breaks, blank lines, tabs, code fences, Markdown, emoji with joiners, right-to-left
/// text, combining marks and `</script>`, over and over, each line numbered so that no two are alike.
pub fn hard(units: usize) -> String {
    let mut text = String::new();
    let mut length = 0;
    if units < 40 {
        // Room for one of each kind at most: the shortest ones.
        append(&mut text, &mut length, "</b>\ne\u{301}\u{5d0}🙂", units);
    }
    let mut number = 0;
    while length < units {
        let line = LINES[number % LINES.len()];
        append(&mut text, &mut length, line, units);
        if !line.is_empty() {
            append(&mut text, &mut length, &format!(" {number}"), units);
        }
        append(&mut text, &mut length, "\n", units);
        number += 1;
    }
    // A line break at the very end is the one thing that may get lost: end with something that may not.
    if text.ends_with('\n') {
        text.pop();
        text.push('.');
    }
    text
}

/// Appends as much as fits; a character of two units is never cut, a full stop takes its place.
fn append(text: &mut String, length: &mut usize, piece: &str, units: usize) {
    for character in piece.chars() {
        let width = character.len_utf16();
        let left = units - *length;
        if left == 0 {
            return;
        }
        if width > left {
            text.push('.');
            *length += 1;
            return;
        }
        text.push(character);
        *length += width;
    }
}

const LINES: [&str; 14] = [
    "Why does this not work?",
    "",
    "```rust",
    "\tfn main() { println!(\"a < b && c > d\"); }",
    "```",
    "",
    "- a list, **bold**, `code`, [link](https://example.org/?a=1&b=2)",
    "1. 👩‍👩‍👧‍👦 🧑🏽‍💻 🏳️‍🌈",
    "שלום עולם, مرحبا بالعالم",
    "e\u{301}a\u{308}o\u{302} Z\u{351}\u{36b}\u{343}a\u{300}",
    "</script><script>alert(1)</script><!-- &amp; -->",
    "  two spaces before,  two  within",
    "# not a heading \\ \"quotes\" 'and' dashes – —",
    "漢字かな交じり文 한국어",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_length_and_everything_hard() {
        for units in [10, 2_000, 100_000] {
            let text = hard(units);
            assert_eq!(text.encode_utf16().count(), units);
            assert!(text.contains('\n') && !text.ends_with('\n'));
        }
        let text = hard(2_000);
        for piece in ["```", "\u{200d}", "ש", "\u{301}", "</script>", "\n\n", "\t"] {
            assert!(text.contains(piece), "{piece:?}");
        }
    }
}
