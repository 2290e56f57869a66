//! Secrets in a text that is about to leave: API keys and tokens, private keys, card numbers.
//!
//! The screening runs in the background at the click, so it is plain and small: no pattern language, one pass. Tokens are
//! told by the beginnings that their issuers have published, cards by issuer, length, grouping and check digit; what merely
//! looks random (UUIDs, hashes, timestamps, base64) is none. What is found is asked about, never acted upon by itself.

/// One secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secret {
    /// What it is.
    pub kind: Kind,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
}

/// What a secret is, as far as a person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A key to somebody's API.
    Key,
    /// A token that stands for a person or a session.
    Token,
    /// The private half of a key pair.
    PrivateKey,
    /// The number of a payment card.
    Card,
}

impl Kind {
    /// The message key of its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Key => "secret_key",
            Self::Token => "secret_token",
            Self::PrivateKey => "secret_private_key",
            Self::Card => "secret_card",
        }
    }
}

/// Every secret in a text, in order; none overlaps another.
pub fn find(text: &str) -> Finder<'_> {
    Finder { text: text.as_bytes(), at: 0 }
}

/// Whether there is a secret in a text.
pub fn any(text: &str) -> bool {
    find(text).next().is_some()
}

/// The text with each secret replaced by words for its kind.
pub fn masked(text: &str, words: &dyn Fn(Kind) -> String) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for Secret { kind, start, end } in find(text) {
        // Both ends are beside ASCII, so on the border of a character.
        out.push_str(text.get(from..start).unwrap_or_default());
        out.push_str(&words(kind));
        from = end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// Walks a text once: every byte is looked at a bounded number of times.
#[derive(Clone, Debug)]
pub struct Finder<'a> {
    text: &'a [u8],
    at: usize,
}

impl Iterator for Finder<'_> {
    type Item = Secret;

    fn next(&mut self) -> Option<Secret> {
        while self.at < self.text.len() {
            let start = self.at;
            let first = self.byte(start);
            self.at += 1;
            let found = if first == b'-' && self.is(start, BEGIN) {
                self.private_key(start).map(|end| (Kind::PrivateKey, end))
            } else if first == b'\\' {
                // In a text inside a text, a line break is written as two characters, the second a letter.
                self.at += usize::from(matches!(self.byte(start + 1), b'n' | b'r' | b't'));
                None
            } else if is_word(first) {
                // Nothing begins inside a word.
                self.at = self.run(start, is_word);
                let card = if first.is_ascii_digit() { self.card(start) } else { None };
                card.map(|end| (Kind::Card, end)).or_else(|| self.token(start))
            } else {
                None
            };
            if let Some((kind, end)) = found {
                self.at = end;
                return Some(Secret { kind, start, end });
            }
        }
        None
    }
}

impl Finder<'_> {
    /// A byte; 0 beyond the end.
    fn byte(&self, at: usize) -> u8 {
        #[cfg(test)]
        tests::STEPS.set(tests::STEPS.get() + 1);
        self.text.get(at).copied().unwrap_or_default()
    }

    fn is(&self, at: usize, what: &str) -> bool {
        what.bytes().enumerate().all(|(index, byte)| self.byte(at + index) == byte)
    }

    /// Where the run of such bytes ends that begins here.
    fn run(&self, from: usize, fits: fn(u8) -> bool) -> usize {
        let mut end = from;
        while fits(self.byte(end)) {
            end += 1;
        }
        end
    }

    /// The same with dots between words, `most` bytes at most.
    fn dotted(&self, from: usize, most: usize) -> usize {
        let mut end = from;
        while end - from < most && (is_word(self.byte(end)) || self.byte(end) == b'.' && is_word(self.byte(end + 1))) {
            end += 1;
        }
        end
    }

    /// The end of a token that begins here.
    fn token(&self, start: usize) -> Option<(Kind, usize)> {
        let first = self.byte(start);
        for (prefix, min, kind) in &RULES {
            if prefix.as_bytes().first() != Some(&first) || !self.is(start, prefix) {
                continue;
            }
            let from = start + prefix.len();
            let end = if prefix.ends_with('.') {
                // What follows a dot is looked at again if this is none: not more of it than it takes to tell.
                self.dotted(from, ENOUGH)
            } else {
                self.run(from, is_word)
            };
            if end - from < usize::from(*min) || !self.random(from, end, *prefix == "sk-") {
                return None;
            }
            let end = if prefix.ends_with('.') { self.dotted(end, usize::MAX) } else { end };
            return Some((*kind, end));
        }
        self.jwt(start).map(|end| (Kind::Token, end))
    }

    /// Whether it looks drawn by lot, and not like a name (`sk-circle-fade-delay`) or a stand-in (`ghp_xxxxxxxx`).
    fn random(&self, from: usize, end: usize, solid: bool) -> bool {
        let (mut seen, mut names, mut longest) = (0_u128, true, 0);
        let (mut length, mut digit, mut letter) = (0, false, false);
        for byte in (from..end).map(|at| self.byte(at)) {
            seen |= 1 << (byte & 127);
            names &= !byte.is_ascii_digit() && !byte.is_ascii_uppercase();
            if byte.is_ascii_alphanumeric() {
                (length, digit, letter) =
                    (length + 1, digit | byte.is_ascii_digit(), letter | byte.is_ascii_alphabetic());
                if digit && letter {
                    longest = longest.max(length);
                }
            } else {
                (length, digit, letter) = (0, false, false);
            }
        }
        !names && seen.count_ones() >= 7 && (!solid || longest >= 16)
    }

    /// Three parts of base64url, the first two of them JSON objects (`{"` is `eyJ`).
    fn jwt(&self, start: usize) -> Option<usize> {
        let part = |from: usize| {
            let end = self.run(from, is_word);
            (end - from >= 10).then_some(end)
        };
        if !self.is(start, "eyJ") {
            return None;
        }
        let head = part(start)?;
        if !self.is(head, ".eyJ") {
            return None;
        }
        let body = part(head + 1)?;
        if self.byte(body) == b'.' { part(body + 1) } else { None }
    }

    /// From `-----BEGIN … PRIVATE KEY` to the end of the block, or of its last full line where the end is missing.
    fn private_key(&self, start: usize) -> Option<usize> {
        let label = start + BEGIN.len();
        let after = self.run(label, |byte| byte == b' ' || byte.is_ascii_uppercase());
        let label = self.text.get(label..after)?;
        if !label.windows(PRIVATE.len()).any(|part| part == PRIVATE) || !self.is(after, DASHES) {
            return None;
        }
        let from = after + DASHES.len();
        // Headers, letters of base64, line breaks that may be written as escapes: up to the next dashes.
        let (mut end, mut length, mut longest, mut lines) = (from, 0, 0, from);
        while end < self.text.len() && !(self.byte(end) == b'-' && self.is(end, DASHES)) {
            let byte = self.byte(end);
            length = if is_base64(byte) { length + 1 } else { 0 };
            longest = longest.max(length);
            end += 1;
            if length >= KEY_LINE {
                lines = end;
            }
        }
        if longest < KEY_LINE {
            return None;
        }
        if self.is(end, END) {
            let closing = self.run(end + END.len(), |byte| byte == b' ' || byte.is_ascii_uppercase());
            return Some(if self.is(closing, DASHES) { closing + DASHES.len() } else { closing });
        }
        Some(lines)
    }

    /// The end of a card number that begins here: 13 to 19 digits in one group, or in groups of three to six.
    fn card(&self, start: usize) -> Option<usize> {
        // A fraction, a phone number, a path, an amount.
        if start > 0 && matches!(self.byte(start - 1), b'.' | b'+' | b'/' | b'$') {
            return None;
        }
        let (mut digits, mut at, mut count, mut mark) = ([0_u8; 19], start, 0, 0);
        loop {
            let group = at;
            while self.byte(at).is_ascii_digit() {
                *digits.get_mut(count)? = self.byte(at) - b'0';
                (count, at) = (count + 1, at + 1);
            }
            let length = at - group;
            let whole = group == start && length >= 13;
            if !whole && !(3..=6).contains(&length) {
                return None;
            }
            let next = self.byte(at);
            let goes_on = is_word(next) && next != b'-' || (next == b'.' && self.byte(at + 1).is_ascii_digit());
            if !goes_on && is_card(&digits[..count]) {
                return Some(at);
            }
            if whole
                || !matches!(next, b' ' | b'-')
                || (mark != 0 && next != mark)
                || !self.byte(at + 1).is_ascii_digit()
            {
                return None;
            }
            (mark, at) = (next, at + 1);
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Whether the digits are those of a card: a length and a beginning that an issuer has, and a right check digit (ISO/IEC 7812).
fn is_card(digits: &[u8]) -> bool {
    let four = digits.iter().take(4).fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
    let issued = match (four, digits.len()) {
        (4000..=4999, 13 | 16 | 19) // Visa
        | (5100..=5599 | 2221..=2720, 16) // Mastercard
        | (3400..=3499 | 3700..=3799, 15) // American Express
        | (3000..=3059 | 3600..=3699 | 3800..=3999, 14) // Diners Club
        | (6011 | 6440..=6599 | 3528..=3589 | 6200..=6299, 16..=19) // Discover, JCB, UnionPay
        | (5000..=5099 | 5600..=5899 | 6300..=6399 | 6700..=6799, 13..=19) // Maestro
        => true,
        _ => false,
    };
    let sum = digits.iter().rev().enumerate().fold(0_u32, |sum, (place, digit)| {
        let doubled = u32::from(*digit) << (place & 1);
        sum + if doubled > 9 { doubled - 9 } else { doubled }
    });
    issued && sum % 10 == 0
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
const PRIVATE: &[u8] = b"PRIVATE KEY";
/// A line of a key has 64 or 76 characters; the shortest block there is (Ed25519) has one of 64.
const KEY_LINE: usize = 40;
/// So many bytes tell a token with dots in it.
const ENOUGH: usize = 64;

/// How tokens begin (as of 2026-11), and how many characters follow at least. The first beginning that fits decides; one with a
/// dot has dots in what follows, too.
const RULES: [(&str, u8, Kind); 38] = [
    ("sk-", 20, Kind::Key),
    ("sk_live_", 20, Kind::Key),
    ("sk_test_", 20, Kind::Key),
    ("rk_live_", 20, Kind::Key),
    ("rk_test_", 20, Kind::Key),
    ("whsec_", 20, Kind::Key),
    ("AKIA", 10, Kind::Key),
    ("ASIA", 10, Kind::Key),
    ("AIza", 30, Kind::Key),
    ("GOCSPX-", 20, Kind::Key),
    ("gsk_", 40, Kind::Key),
    ("xai-", 40, Kind::Key),
    ("pplx-", 40, Kind::Key),
    ("lin_api_", 30, Kind::Key),
    ("dop_v1_", 40, Kind::Key),
    ("shpat_", 30, Kind::Key),
    ("ghp_", 30, Kind::Token),
    ("gho_", 30, Kind::Token),
    ("ghu_", 30, Kind::Token),
    ("ghs_", 30, Kind::Token),
    ("ghr_", 30, Kind::Token),
    ("github_pat_", 40, Kind::Token),
    ("glpat-", 20, Kind::Token),
    ("npm_", 30, Kind::Token),
    ("pypi-", 50, Kind::Token),
    ("hf_", 30, Kind::Token),
    ("r8_", 30, Kind::Token),
    ("xoxa-", 20, Kind::Token),
    ("xoxb-", 20, Kind::Token),
    ("xoxe-", 20, Kind::Token),
    ("xoxp-", 20, Kind::Token),
    ("xoxr-", 20, Kind::Token),
    ("xoxs-", 20, Kind::Token),
    ("xapp-", 20, Kind::Token),
    ("ATATT3", 50, Kind::Token),
    ("SG.", 50, Kind::Token),
    ("ya29.", 30, Kind::Token),
    ("hvs.", 30, Kind::Token),
];

#[cfg(test)]
mod tests {
    use super::{Kind, Secret, any, find, is_card, masked};
    use std::cell::Cell;

    thread_local! {
        /// Bytes looked at.
        pub(super) static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    /// A token's random part: never a real one, and in no file as it is.
    fn lot(seed: u64, length: usize, letters: &str) -> String {
        let letters = letters.as_bytes();
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 40).unwrap()
        };
        (0..length).map(|_| char::from(letters[next() % letters.len()])).collect()
    }

    const SOME: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const WORD: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const HEX: &str = "0123456789abcdef";
    const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    fn issued(seed: u64) -> Vec<(Kind, String)> {
        let some = |length| lot(seed, length, SOME);
        let jwt = |length| format!("eyJ{}", some(length));
        vec![
            (Kind::Key, format!("sk-ant-api03-{}-{}AA", lot(seed, 86, WORD), some(6))),
            (Kind::Key, format!("sk-proj-{}", lot(seed, 156, WORD))),
            (Kind::Key, format!("sk-{}T3BlbkFJ{}", some(20), lot(seed + 1, 20, SOME))),
            (Kind::Key, format!("sk-{}", lot(seed, 32, HEX))),
            (Kind::Key, format!("sk-or-v1-{}", lot(seed, 64, HEX))),
            (Kind::Key, format!("sk_live_{}", some(24))),
            (Kind::Key, format!("AKIA{}", lot(seed, 16, UPPER))),
            (Kind::Key, format!("AIza{}", lot(seed, 35, WORD))),
            (Kind::Key, format!("gsk_{}", some(52))),
            (Kind::Token, format!("ghp_{}", some(36))),
            (Kind::Token, format!("github_pat_{}_{}", some(22), lot(seed + 1, 59, SOME))),
            (Kind::Token, format!("glpat-{}", lot(seed, 20, WORD))),
            (Kind::Token, format!("xoxb-{}-{}-{}", lot(seed, 12, "0123456789"), lot(seed, 12, "0123456789"), some(24))),
            (Kind::Token, format!("npm_{}", some(36))),
            (Kind::Token, format!("hf_{}", some(34))),
            (Kind::Token, format!("SG.{}.{}", lot(seed, 22, WORD), lot(seed + 1, 43, SOME))),
            (Kind::Token, format!("{}.{}.{}", jwt(33), jwt(70), lot(seed, 43, WORD))),
        ]
    }

    fn key(label: &str, lines: usize) -> String {
        let base64: Vec<String> = (0..lines).map(|line| lot(line as u64, 64, SOME)).collect();
        format!("-----BEGIN {label}PRIVATE KEY-----\n{}\n-----END {label}PRIVATE KEY-----", base64.join("\n"))
    }

    fn only(text: &str) -> Vec<(Kind, &str)> {
        find(text).map(|Secret { kind, start, end }| (kind, &text[start..end])).collect()
    }

    #[test]
    fn tokens_are_found_wherever_they_stand() {
        for seed in 1..200 {
            for (kind, token) in issued(seed) {
                // Whatever stands at its end is not part of it, unless a token may end like that.
                for (before, after) in [
                    ("", ""),
                    ("my key is ", " ok?"),
                    ("export KEY=", "\n"),
                    ("\"", "\","),
                    ("Authorization: Bearer ", "'"),
                    ("https://x:", "@host/path"),
                    ("é", "é"),
                    ("```\n", "\n```"),
                    ("{\\n", "\\n}"),
                    ("(", ")"),
                ] {
                    let text = format!("{before}{token}{after}");
                    assert_eq!(only(&text), [(kind, token.as_str())], "{text}");
                }
            }
        }
    }

    #[test]
    fn names_hashes_and_stand_ins_are_no_secrets() {
        for text in [
            "sk-circle-fade-delay-animation-wrapper2 sk-cube-grid sk-folding-cube",
            "a risk-averse, task-oriented desk-based person asks: is it sk-? or SK-1234567890?",
            "sk-your-api-key-goes-here-and-nowhere-else sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "npm_config_registry_of_the_whole_company npm_lifecycle_event hf_hub_download_with_a_very_long_name",
            "550e8400-e29b-41d4-a716-446655440000 019f3f53-8769-71b0-8160-c86835378b38 12345678-1234-4123-8123-123456789012",
            "d41d8cd98f00b204e9800998ecf8427e 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "4111111111111111111111 94111111111111111 x4111111111111111 4111111111111111x 4111111111111112",
            "1772452152123 1772452152123456 1772452152123456789 2026-03-02T11:37:02.000Z 20260302113702000",
            "0.4111111111111111 4.111111111111111 +4111111111111111 call +49 30 4111 1111 1",
            "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
            "let key = env(\"OPENAI_API_KEY\"); fn sk_live_test() {} // AKIA, AIza, eyJ and ghp_ are prefixes",
            "eyJhbGciOiJIUzI1NiJ9 and eyJhbGciOiJIUzI1NiJ9.notjson.sig eyJ.eyJ.eyJ",
            "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxxxxxxxxxxxxxxxxxxxx\n-----END PUBLIC KEY-----",
            "a block starts with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN CERTIFICATE-----",
            "| 4000 | 3000 | 2000 | 1000 |\n1234 5678 9012 3456\nport 5432 5433 5434 5435",
            "https://example.com/i/4111111111111111/view 2.16.840.1.113883.3.1937 192.168.100.100",
        ] {
            assert_eq!(only(text), [], "{text}");
        }
    }

    #[test]
    fn private_keys_are_found_whole() {
        for label in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
            let block = key(label, 20);
            assert_eq!(only(&format!("look:\n{block}\nwhy?")), [(Kind::PrivateKey, block.as_str())]);
            let escaped = block.replace('\n', "\\n");
            assert_eq!(only(&format!("{{\"k\":\"{escaped}\\n\"}}")), [(Kind::PrivateKey, escaped.as_str())]);
        }
        let pgp = key("PGP ", 9).replace("KEY-----", "KEY BLOCK-----").replacen("-----\n", "-----\nVersion: 2\n\n", 1);
        assert_eq!(only(&pgp), [(Kind::PrivateKey, pgp.as_str())]);
        // A block that is cut off ends with its last line.
        let block = key("", 3);
        let cut = block.split("\n-----END").next().unwrap();
        let text = format!("{cut}\n\nis refused: why?");
        let found = only(&text);
        assert!(found.len() == 1 && found[0].1.starts_with(cut) && !found[0].1.contains("refused"), "{found:?}");
        assert_eq!(only(cut), [(Kind::PrivateKey, cut)]);
    }

    #[test]
    fn cards_are_told_by_issuer_length_and_check_digit() {
        for (card, grouped) in [
            ("4111111111111111", "4111 1111 1111 1111"),
            ("5555555555554444", "5555-5555-5555-4444"),
            ("2223003122003222", "2223 0031 2200 3222"),
            ("378282246310005", "3782 822463 10005"),
            ("30569309025904", "3056 930902 5904"),
            ("6011111111111117", "6011-1111-1111-1117"),
            ("3530111333300000", "3530 1113 3330 0000"),
        ] {
            for text in [format!("pay with {card}."), format!("card={card}&x"), format!("{card} 12/27 {card}")] {
                let found = only(&text);
                assert!(!found.is_empty() && found.iter().all(|one| *one == (Kind::Card, card)), "{text}: {found:?}");
            }
            assert_eq!(only(&format!("({grouped}, 123)")), [(Kind::Card, grouped)]);
            assert_eq!(only(&format!("{grouped} 123")), [(Kind::Card, grouped)]);
            // Every single wrong digit is noticed.
            for at in 0..card.len() {
                let mut wrong = card.as_bytes().to_vec();
                wrong[at] = b'0' + (wrong[at] - b'0' + 1) % 10;
                assert_eq!(only(std::str::from_utf8(&wrong).unwrap()), [], "{card} at {at}");
            }
        }
        assert!(!is_card(b""));
    }

    #[test]
    fn random_numbers_are_rarely_cards() {
        let mut found = 0;
        for seed in 1..20_000 {
            let length = 13 + usize::try_from(seed % 7).unwrap();
            found += find(&lot(seed, length, "0123456789")).count();
        }
        // One in ten has a right check digit, of those one in seven or so an issuer and its length.
        assert!(found < 20_000 / 50, "{found} of 20,000");
    }

    #[test]
    fn a_masked_text_has_the_rest_as_it_was() {
        let token = &issued(7)[0].1;
        let text = format!("é {token}\n4111 1111 1111 1111 🧑‍💻\n{}", key("", 2));
        let words = |kind: Kind| format!("[{}]", kind.key());
        let masked_once = masked(&text, &words);
        assert_eq!(masked_once, "é [secret_key]\n[secret_card] 🧑‍💻\n[secret_private_key]");
        assert!(any(&text) && !any(&masked_once));
        assert_eq!(masked(&masked_once, &words), masked_once);
    }

    #[test]
    fn anything_at_all_is_survived_and_ranges_are_right() {
        let parts = [
            "sk-",
            "eyJ",
            ".",
            "-----BEGIN ",
            "PRIVATE KEY-----",
            "-----END ",
            "4111 ",
            "1111-",
            "é",
            "\\n",
            "A",
            "x9",
        ];
        for seed in 0..3_000 {
            let text: String = lot(seed, 60, "abcdefghijkl").bytes().map(|b| parts[usize::from(b - b'a')]).collect();
            let mut last = 0;
            for Secret { start, end, .. } in find(&text) {
                assert!(last <= start && start < end && text.get(start..end).is_some(), "{text}");
                last = end;
            }
        }
    }

    #[test]
    fn the_time_is_linear_in_the_length() {
        let units = [
            "a",
            "-",
            ".",
            "4",
            "4111 ",
            "411111 ",
            "4111-",
            "eyJ",
            "eyJaaaaaaaaaa.",
            "sk-",
            "sk-a1",
            "AKIA ",
            "SG.",
            "\\n",
            "-----BEGIN ",
            "-----BEGIN PRIVATE KEY-----",
            "-----END ",
            "prose and more prose. ",
            "a b ",
            "é",
        ];
        let long = |unit: &str, bytes: usize| unit.repeat(bytes / unit.len());
        for (unit, bytes) in units.map(|unit| (unit, 40_000)).into_iter().chain([("prose, sk-12 and 4111 ", 10 << 20)])
        {
            let text = long(unit, bytes);
            STEPS.set(0);
            let _ = find(&text).count();
            let steps = STEPS.get();
            assert!(steps <= 128 * bytes as u64, "{unit}: {} steps a byte", steps / bytes as u64);
        }
    }
}
