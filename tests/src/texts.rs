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

/// 100,000 UTF-16 units in more than 5,000 lines.
pub fn long() -> String {
    let lines: String =
        (0..5_000).map(|number| if number % 4 == 0 { "\n".into() } else { format!("\t{number} é\n") }).collect();
    let rest = 100_000 - lines.encode_utf16().count();
    lines + &hard(rest)
}

/// Hard texts, one for each kind of trouble, by name. None ends with a line break.
pub fn corpus() -> Vec<(&'static str, String)> {
    let mut texts: Vec<(&str, String)> = KINDS.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    texts.push(("controls", ('\0'..=' ').chain('\u{7f}'..='\u{a0}').flat_map(|c| ['<', c, '>']).collect()));
    texts.push((
        "every class",
        CLASSES.iter().flat_map(|(class, chars)| [*class, " ", *chars, "\n"]).collect::<String>() + ".",
    ));
    texts
}

/// Characters of every general category of Unicode but surrogates (which no Rust text holds), from every plane that has any.
pub const CLASSES: [(&str, &str); 29] = [
    ("Cc", "\u{1}\t\u{b}\u{c}\u{1f}\u{7f}\u{85}\u{9f}"),
    ("Cf", "\u{ad}\u{600}\u{200b}\u{200d}\u{200e}\u{202e}\u{2060}\u{feff}\u{110bd}\u{e0041}\u{e007f}"),
    ("Cn", "\u{378}\u{fdd0}\u{fffe}\u{ffff}\u{1fffe}\u{4ffff}\u{10ffff}"),
    ("Co", "\u{e000}\u{f8ff}\u{f0000}\u{10fffd}"),
    ("Ll", "aßŉǆéαжա\u{1d41a}"),
    ("Lm", "ʰˈ々ー\u{16fe0}"),
    ("Lo", "ªאعกあ漢가\u{20000}\u{2ebe0}\u{30000}"),
    ("Lt", "ǅᾈ"),
    ("Lu", "AÉΑЖԱ\u{1d400}"),
    ("Mc", "\u{903}\u{93e}\u{302e}\u{1d165}"),
    ("Me", "\u{488}\u{20dd}\u{a670}"),
    ("Mn", "e\u{301}a\u{308}\u{5b0}\u{fe0f}\u{e0100}\u{e01ef}"),
    ("Nd", "0٣०\u{1d7ce}"),
    ("Nl", "Ⅷ〇\u{12400}"),
    ("No", "²½①\u{1f100}"),
    ("Pc", "_‿︳"),
    ("Pd", "-–—〜"),
    ("Pe", ")]}〉"),
    ("Pf", "»’”"),
    ("Pi", "«‘“"),
    ("Po", "!\"#%&'*,./:;?@\\¡、\u{1e95e}"),
    ("Ps", "([{〈"),
    ("Sc", "$€₿\u{1e2ff}"),
    ("Sk", "^`¨\u{1f3fb}"),
    ("Sm", "+<=>|~±∑\u{1d6c1}"),
    ("So", "©\u{fffc}\u{fffd}🙂\u{1f1ea}\u{1f1fa}"),
    ("Zl", "a\u{2028}b"),
    ("Zp", "a\u{2029}b"),
    ("Zs", "a \u{a0}\u{1680}\u{2003}\u{202f}\u{3000}b"),
];

const KINDS: [(&str, &str); 11] = [
    ("one line", "Why?"),
    ("blank lines", "\n\nfirst\n\n\n\nlast\n \n\t\n."),
    ("white space", "  two before,  two  within, two after  \n\ta tab\t\ttwo\n \u{a0} \u{a0}no break\u{a0}\u{a0}\n   "),
    (
        "code",
        "```python\ndef f(x):\n\tif x < 1 && x > 0:\n\t\treturn {\"a\": [x], 'b': `c`}\n\n\t# done\n```\n\n    indented\n\n~~~\nraw\n~~~",
    ),
    ("tables", "| a | b |\n|---|:-:|\n| 1 | `x` |\n| **2** | [y](https://example.org/?a=1&b=2#c) |\n\na\tb\tc\n1\t\t3"),
    (
        "Markdown",
        "# h\n## h2\n- a\n* b\n+ c\n1. d\n> quote\n---\n***\n[ ] todo\n**bold** *i* _i_ ~~s~~ ==m== `c` ![p](q) :smile: @you /go",
    ),
    (
        "markup",
        "</p><script>alert(1)</script><!-- &amp; &lt; &nbsp; &#0; --><br>\r\n<b>a</b>\rb]]><p data-pm-slice=\"0 0 []\">",
    ),
    ("emoji", "👩‍👩‍👧‍👦 🧑🏽‍💻 🏳️‍🌈 🇪🇺 ❤️ 1️⃣ 🏴󠁧󠁢󠁳󠁣󠁴󠁿\n👍🏿"),
    ("right to left", "שלום עולם, مرحبا بالعالم\n\u{202e}abc\u{202c} \u{2067}def\u{2069} (עברית) 123"),
    ("combining marks", "e\u{301}a\u{308}o\u{302} Z\u{351}\u{36b}\u{343}a\u{300}\u{321}l\u{32b} é é ﬁ Å Å 한 한"),
    ("zero width", "\u{feff}a\u{200b}b\u{200c}c\u{200d}d\u{2060}e\u{feff}f\u{ad}g\n\u{200b}\n\u{feff}\nend\u{200b}"),
];

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
