//! The ladder of ways into a composer, and its verification.

use crate::Platform;
use crate::input::{EntryId, JobId, Millis, TabId, Technique};
use crate::provider::Editor;
use crate::text::UserText;
use crate::words::Say;
use serde::{Deserialize, Serialize};

/// Beyond this many UTF-16 units `execCommand('insertText')` freezes Chromium (quadratic in lines; 42 s at 100,000).
const CHROMIUM_INSERT_TEXT_UNITS: usize = 2_000;

/// How a prompt came into a provider's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Typed into the composer, and read back equal.
    Typed,
    /// By the provider's own link; not read back where Understudy may not look.
    Link,
    /// The same, and the clipboard does not hold it.
    LinkOnly,
    /// On the clipboard, for the user to paste.
    Clipboard,
    /// There was no prompt to take along.
    Empty,
}

impl Way {
    /// The name in stored data.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Typed => "typed",
            Self::Link => "link",
            Self::LinkOnly => "link-only",
            Self::Clipboard => "clipboard",
            Self::Empty => "empty",
        }
    }

    /// The way of a name in stored data; an unknown one is empty.
    pub fn named(name: &str) -> Self {
        match name {
            "typed" => Self::Typed,
            "link" => Self::Link,
            "link-only" => Self::LinkOnly,
            "clipboard" => Self::Clipboard,
            _ => Self::Empty,
        }
    }
}

/// Where a handoff stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The handoff page asks for the host.
    Deciding,
    /// The user refused the host; the handoff page shows the clipboard way.
    Refused,
    /// The provider's page is being opened; typing follows.
    Opening,
    /// The provider's page is being opened by a link that needs nothing more.
    OpeningFinal(Way),
    /// A fill is under way.
    Filling,
    /// Waiting for the page to finish loading (again): a login may stand in between.
    Waiting,
    /// The hint to paste by hand is shown; a composer that appears after a login is still served.
    Hinted,
    /// Over.
    Done,
}

/// One handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one handoff, in no order")]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The prompt; `None` opens the fallback empty.
    pub entry: Option<EntryId>,
    /// The provider.
    pub provider: String,
    /// When the user clicked, or when the page was last opened for it.
    pub at: Millis,
    /// Where it stands.
    pub stage: Stage,
    /// The tab with the handoff page or the provider's page.
    pub tab: Option<TabId>,
    /// The next technique to try, as an index into [`techniques`].
    pub rung: u16,
    /// Whether the last rung by URL has been used.
    pub linked: bool,
    /// Whether the clipboard holds the prompt.
    pub copied: bool,
    /// The user was asked to paste by hand: one more page is served, and no third.
    pub hinted: bool,
    /// A question about the text itself is open (a secret in it, what goes along): nothing goes before it is answered.
    pub asks: bool,
    /// The text that goes, if it is another one than the prompt.
    pub text: Option<UserText>,
    /// What goes along: see [`crate::left::Along`].
    pub along: u32,
}

/// The longest text that is typed for the user, in UTF-16 units: the longest that the editors were measured with. A longer prompt
/// goes as ever; what goes along is cut to this.
pub const TYPED_UNITS: usize = 100_000;

/// A handoff whose tab never came, or whose login never ended, is forgotten after this long.
pub const JOB_LIFE_MS: Millis = 15 * 60_000;

/// The techniques for an editor, best first (measured with real editors in both browsers at up to 100,000 UTF-16 units).
///
/// Lexical has one only: the second choice, a paste, doubles line breaks in its rich mode where no read-back sees it.
pub fn techniques(editor: Editor, platform: Platform, text: &str) -> &'static [Technique] {
    match editor {
        Editor::ProseMirror => &[Technique::Dom, Technique::PmPaste],
        Editor::Quill => &[Technique::Paste, Technique::Dom],
        Editor::Lexical => &[Technique::BeforeInput],
        Editor::Textarea => {
            let long = text.encode_utf16().count() > CHROMIUM_INSERT_TEXT_UNITS;
            if platform == Platform::Chromium && long {
                &[Technique::InsertHtml, Technique::Value]
            } else {
                &[Technique::InsertText, Technique::Value]
            }
        }
    }
}

/// How long to read back before a fill counts as wrong: 3 s, but Quill's DOM way needs up to 16 s in Firefox.
pub fn settle_ms(editor: Editor, technique: Technique, platform: Platform) -> u32 {
    match (editor, technique, platform) {
        (Editor::Quill, Technique::Dom, Platform::Firefox) => 18_000,
        (Editor::Quill, ..) => 8_000,
        _ => 5_000,
    }
}

/// The one normalisation of what goes, by whatever way: CRLF and CR become LF, and NUL becomes U+FFFD.
///
/// Editors know one line break. HTML's parser drops a NUL (and with it the paste into `ProseMirror`), a clipboard may end at it, and
/// servers refuse it in an address: by some ways it would be lost unseen, so by all of them it is replaced where one sees it. Half of a
/// surrogate pair is no character: it has become U+FFFD when the prompt was taken in, for no text in UTF-8 holds it. Everything else
/// arrives as it is: of Unicode's every class, in every editor, by every technique (`tests/e2e/texts.rs`). The user is told how many
/// characters were replaced, see [`unheld`].
pub fn normalised(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    let mut last = '\0';
    for c in text.chars() {
        match c {
            '\0' => lines.push(char::REPLACEMENT_CHARACTER),
            '\r' => lines.push('\n'),
            '\n' if last == '\r' => {}
            _ => lines.push(c),
        }
        last = c;
    }
    lines
}

/// How many characters of a text stand as U+FFFD where it goes, because no editor holds what was there.
pub fn unheld(text: &UserText) -> usize {
    text.reveal().chars().filter(|c| matches!(*c, '\0' | char::REPLACEMENT_CHARACTER)).count()
}

/// What is told of that many characters; nothing if there are none.
pub fn replaced(unheld: usize) -> Option<Say> {
    (unheld > 0).then(|| Say::new("saved_replaced").count(unheld as u64))
}

/// The one rule of comparison: exact, but for line breaks at the very end.
pub fn same_text(sent: &str, read: &str) -> bool {
    normalised(sent).trim_end_matches('\n') == normalised(read).trim_end_matches('\n')
}

/// Percent-encodes as `encodeURIComponent` does, and `!'()*` as well, so that the link survives Markdown and shells.
pub fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(encoded_len(text));
    for byte in text.bytes() {
        if is_plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

/// The length of [`encode`], without building it.
pub fn encoded_len(text: &str) -> usize {
    text.bytes().map(|byte| if is_plain(byte) { 1 } else { 3 }).sum()
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

#[cfg(test)]
mod tests {
    use super::{encode, encoded_len, normalised, replaced, same_text, techniques, unheld};
    use crate::Platform;
    use crate::input::Technique;
    use crate::provider::Editor;
    use crate::text::UserText;

    #[test]
    fn what_no_editor_holds_is_replaced_where_one_sees_it_and_counted() {
        assert_eq!(normalised("a\0b\r\n\0"), "a\u{fffd}b\n\u{fffd}");
        // Whatever is lost beyond that is a difference.
        for read in ["ab", "a\u{fffd}", "a b", "a\u{fffd}\u{fffd}b"] {
            assert!(!same_text("a\0b", read), "{read:?}");
        }
        let kept: String = ('\u{1}'..='\u{2ff}').filter(|c| *c != '\r').collect();
        assert_eq!(normalised(&kept), kept);
        assert_eq!(replaced(unheld(&UserText::new(kept))), None);
        let told = replaced(unheld(&UserText::new("a\0\u{fffd}"))).expect("two");
        assert_eq!((told.key.as_str(), told.args), ("saved_replaced", vec![crate::words::Arg::Count(2)]));
    }

    #[test]
    fn links_are_encoded_like_a_browser_does() {
        let text = "a b\n\"c\" é 漢 🧑‍💻 (x)!'*";
        let encoded = encode(text);
        assert_eq!(
            encoded,
            "a%20b%0A%22c%22%20%C3%A9%20%E6%BC%A2%20%F0%9F%A7%91%E2%80%8D%F0%9F%92%BB%20%28x%29%21%27%2A"
        );
        assert_eq!(encoded.len(), encoded_len(text));
    }

    /// The way back, as a server goes it.
    fn decode(link: &str) -> Option<String> {
        let mut pieces = link.split('%');
        let mut bytes = pieces.next()?.as_bytes().to_vec();
        for piece in pieces {
            bytes.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
            bytes.extend_from_slice(&piece.as_bytes()[2..]);
        }
        String::from_utf8(bytes).ok()
    }

    #[test]
    fn every_character_of_every_plane_comes_back_from_a_link() {
        let mut bytes = [false; 256];
        for plane in 0..=16_u32 {
            let text: String = (plane << 16..=plane << 16 | 0xffff).filter_map(char::from_u32).collect();
            let encoded = encode(&text);
            assert!(encoded.bytes().all(|byte| byte == b'%' || super::is_plain(byte)), "plane {plane}");
            assert_eq!(encoded.len(), encoded_len(&text), "plane {plane}");
            assert!(decode(&encoded).as_deref() == Some(text.as_str()), "plane {plane}");
            // Each by itself as well, and so that a byte that is missing shows.
            for character in text.chars().step_by(17) {
                let one = String::from(character);
                assert_eq!(decode(&encode(&one)), Some(one));
            }
            text.bytes().for_each(|byte| bytes[usize::from(byte)] = true);
        }
        // All bytes that UTF-8 has.
        let missing: Vec<usize> = (0..256).filter(|byte| !bytes[*byte]).collect();
        assert_eq!(missing, [0xc0, 0xc1].into_iter().chain(0xf5..=0xff).collect::<Vec<_>>());
    }

    #[test]
    fn only_line_breaks_at_the_very_end_are_ignored() {
        assert!(same_text("a\r\nb\rc\n\n", "a\nb\nc"));
        assert!(!same_text("a\n\nb", "a\nb"));
        assert!(!same_text("a  b", "a b"));
        assert!(!same_text("a\u{a0}b", "a b"));
        assert!(!same_text(" a", "a"));
    }

    #[test]
    fn a_long_textarea_never_meets_insert_text_in_chromium() {
        let long = "x\n".repeat(2_000);
        assert_eq!(techniques(Editor::Textarea, Platform::Chromium, &long)[0], Technique::InsertHtml);
        assert_eq!(techniques(Editor::Textarea, Platform::Firefox, &long)[0], Technique::InsertText);
        assert_eq!(techniques(Editor::Textarea, Platform::Chromium, "short")[0], Technique::InsertText);
    }
}
