//! JSON as a small tree, for messages and stored values.
//!
//! Reading a typed struct costs kilobytes of wasm for each type; one tree and a few look-ups cost them once. The reader
//! below is a fifth of a general one, and is compared with `serde_json` in the tests.

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`, and what is not there.
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number that is not negative; other numbers are read as [`Json::Null`]: nothing of ours has them.
    Number(u64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, in its own order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a text; `None` if it is no JSON.
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::new(text);
        let tree = reader.tree(0)?;
        reader.is_over().then_some(tree)
    }

    /// Takes a member out of an object; [`Json::Null`] if it is not there.
    #[must_use]
    pub fn take(&mut self, key: &str) -> Self {
        let Self::Object(members) = self else { return Self::Null };
        members.iter().position(|(known, _)| known == key).map_or(Self::Null, |index| members.swap_remove(index).1)
    }

    /// Whether everything has been taken out: nothing unknown is left.
    pub fn is_spent(&self) -> bool {
        matches!(self, Self::Object(members) if members.is_empty())
    }

    /// The string.
    pub fn text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number, if it fits.
    pub fn number<N: TryFrom<u64>>(self) -> Option<N> {
        if let Self::Number(number) = self { N::try_from(number).ok() } else { None }
    }

    /// The truth value.
    pub fn truth(self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(truth) } else { None }
    }

    /// The strings of an array; what else is in it is left out.
    pub fn texts(self) -> Option<Vec<String>> {
        if let Self::List(list) = self { Some(list.into_iter().filter_map(Self::text).collect()) } else { None }
    }
}

/// Writes an object of ours, a member at a time. (A general serializer costs the background kilobytes for each type.)
pub struct Writer(String);

impl Writer {
    /// An object without members.
    #[expect(clippy::new_without_default, reason = "an unfinished text is no value of its own")]
    pub fn new() -> Self {
        Self("{".to_owned())
    }

    /// A string.
    pub fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        push_text(&mut self.0, text);
    }

    /// A string, if there is one.
    pub fn maybe(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    /// A number.
    pub fn number(&mut self, key: &str, number: u64) {
        self.key(key);
        push_number(&mut self.0, number);
    }

    /// A truth value.
    pub fn truth(&mut self, key: &str, truth: bool) {
        self.key(key);
        self.0.push_str(if truth { "true" } else { "false" });
    }

    /// An array of strings.
    pub fn texts(&mut self, key: &str, texts: &[String]) {
        self.key(key);
        let mut mark = '[';
        for text in texts {
            self.0.push(mark);
            push_text(&mut self.0, text);
            mark = ',';
        }
        self.0.push_str(if texts.is_empty() { "[]" } else { "]" });
    }

    /// Another object.
    pub fn object(&mut self, key: &str, object: Self) {
        self.key(key);
        self.0.push_str(&object.finish());
    }

    /// The text.
    pub fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        push_text(&mut self.0, key);
        self.0.push(':');
    }
}

/// In quotation marks, with what JSON wants escaped.
#[inline(never)]
fn push_text(json: &mut String, text: &str) {
    json.push('"');
    let mut rest = text;
    // All that is escaped is ASCII, and most of a text is not: what stands between is taken as a whole.
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\')
        && let Some((plain, marked)) = rest.split_at_checked(at)
        && let Some((mark, after)) = marked.split_at_checked(1)
        && let [byte] = mark.as_bytes()
    {
        json.push_str(plain);
        if *byte < b' ' {
            json.push_str("\\u00");
            json.push(if *byte < 16 { '0' } else { '1' });
            json.push(char::from(b"0123456789abcdef"[usize::from(*byte & 15)]));
        } else {
            json.push('\\');
            json.push_str(mark);
        }
        rest = after;
    }
    json.push_str(rest);
    json.push('"');
}

/// A string as JSON has it.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut json = String::new();
    push_text(&mut json, text);
    json
}

/// In decimal. (The general formatting of numbers is three times as large.)
pub(crate) fn push_number(text: &mut String, number: u64) {
    if number > 9 {
        push_number(text, number / 10);
    }
    text.push(char::from(b"0123456789"[(number % 10) as usize]));
}

/// A name that ends with a number, in decimal.
#[must_use]
pub fn numbered(name: &str, number: u64) -> String {
    let mut text = name.to_owned();
    push_number(&mut text, number);
    text
}

/// Reads a text a value at a time. Both readers of the engine stand on it: [`Json`], and the walk over the site's bodies.
///
/// Half a surrogate pair in an escape, which a page can write, is read as U+FFFD instead of losing the whole text.
pub(crate) struct Reader<'a> {
    rest: &'a str,
}

/// A value, or the beginning of one.
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// A number, and once more if it is whole and not negative.
    Number(f64, Option<u64>),
    Text(String),
    /// `[`: items follow as long as there is [`Reader::more`].
    List,
    /// `{`: pairs of [`Reader::key`] and value follow as long as there is [`Reader::more`].
    Object,
}

/// What is nested deeper is not read: the stack is finite.
pub(crate) const DEEPEST: u8 = 128;

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The next value; the text of a string only if it is to be kept.
    pub fn value(&mut self, keep: bool) -> Option<Value> {
        let first = self.peek()?;
        Some(match first {
            b'"' => Value::Text(self.string(keep)?),
            b'-' | b'0'..=b'9' => self.number()?,
            b'[' | b'{' => {
                self.next()?;
                if first == b'[' { Value::List } else { Value::Object }
            }
            _ => {
                let words = [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
                let found = words.into_iter().find_map(|(word, value)| Some((self.rest.strip_prefix(word)?, value)));
                let (rest, value) = found?;
                self.rest = rest;
                value
            }
        })
    }

    /// Whether something follows before the closing bracket, which is taken with it; `None` if it is neither.
    pub fn more(&mut self, close: u8, first: bool) -> Option<bool> {
        let next = self.peek()?;
        if next == close {
            self.next()?;
            return Some(false);
        }
        if !first {
            self.mark(b',')?;
        }
        Some(true)
    }

    /// The name of a pair; [`Reader::colon`] comes next.
    pub fn key(&mut self) -> Option<String> {
        self.peek()?;
        self.string(true)
    }

    /// The colon between name and value.
    pub fn colon(&mut self) -> Option<()> {
        self.mark(b':')
    }

    /// Whether nothing but space is left.
    pub fn is_over(&mut self) -> bool {
        self.peek().is_none()
    }

    fn mark(&mut self, mark: u8) -> Option<()> {
        self.peek()?;
        (self.next()? == mark).then_some(())
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.rest.bytes().next()
    }

    fn next(&mut self) -> Option<u8> {
        let next = self.rest.bytes().next()?;
        self.rest = self.rest.get(1..)?;
        Some(next)
    }

    fn string(&mut self, keep: bool) -> Option<String> {
        if self.next()? != b'"' {
            return None;
        }
        let mut text = String::new();
        loop {
            let end = self.rest.bytes().position(|b| matches!(b, b'"' | b'\\' | ..0x20))?;
            if keep {
                text.push_str(self.rest.get(..end)?);
            }
            self.rest = self.rest.get(end..)?;
            match self.next()? {
                b'"' => return Some(text),
                b'\\' => {
                    let meant = self.escape()?;
                    if keep {
                        text.push(meant);
                    }
                }
                // A control character stands for itself nowhere.
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            same @ (b'"' | b'\\' | b'/') => char::from(same),
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let unit = self.hex()?;
                let behind = self.rest;
                if (0xd800..0xdc00).contains(&unit)
                    && let Some(rest) = behind.strip_prefix("\\u")
                {
                    self.rest = rest;
                    let low = self.hex()?;
                    if (0xdc00..0xe000).contains(&low) {
                        return char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
                    }
                    self.rest = behind;
                }
                char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + char::from(self.next()?).to_digit(16)?;
        }
        Some(unit)
    }

    fn number(&mut self) -> Option<Value> {
        let negative = self.take(b'-');
        let (mut float, mut power, mut whole) = (0.0, 0_i32, (!negative).then_some(0_u64));
        let zero = self.rest.starts_with('0');
        let mut digits = 0;
        let mut fraction = false;
        loop {
            while let Some(digit) = self.digit() {
                digits += 1;
                whole = whole.and_then(|whole| whole.checked_mul(10)?.checked_add(u64::from(digit)));
                // Beyond seventeen digits there is nothing left to be exact about.
                if float < 1e17 {
                    float = float * 10.0 + f64::from(digit);
                    power = power.saturating_sub(i32::from(fraction));
                } else {
                    power = power.saturating_add(i32::from(!fraction));
                }
            }
            // No number begins with a superfluous zero, and no part of one is empty.
            if digits == 0 || (!fraction && zero && digits > 1) {
                return None;
            }
            if fraction || !self.take(b'.') {
                break;
            }
            (fraction, digits, whole) = (true, 0, None);
        }
        if self.take(b'e') || self.take(b'E') {
            whole = None;
            let down = !self.take(b'+') && self.take(b'-');
            let mut exponent = i32::from(self.digit()?);
            while let Some(digit) = self.digit() {
                exponent = exponent.saturating_mul(10).saturating_add(i32::from(digit));
            }
            power = power.saturating_add(if down { -exponent } else { exponent });
        }
        // A float reaches from 10^-324 to 10^308; a mantissa of eighteen digits comes on top of that.
        for _ in 0..power.unsigned_abs().min(400) {
            if power < 0 { float /= 10.0 } else { float *= 10.0 }
        }
        if negative {
            float = -float;
        }
        float.is_finite().then_some(Value::Number(float, whole))
    }

    fn digit(&mut self) -> Option<u8> {
        let digit = self.rest.bytes().next().filter(u8::is_ascii_digit)?;
        self.next()?;
        Some(digit - b'0')
    }

    /// Takes this very byte, if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        self.rest.bytes().next() == Some(byte) && self.next().is_some()
    }

    fn tree(&mut self, deep: u8) -> Option<Json> {
        let value = self.value(true)?;
        if deep > DEEPEST {
            return None;
        }
        Some(match value {
            Value::Null => Json::Null,
            Value::Bool(truth) => Json::Bool(truth),
            Value::Number(_, whole) => whole.map_or(Json::Null, Json::Number),
            Value::Text(text) => Json::Text(text),
            Value::List => {
                let mut list = Vec::new();
                while self.more(b']', list.is_empty())? {
                    list.push(self.tree(deep + 1)?);
                }
                Json::List(list)
            }
            Value::Object => {
                let mut members = Vec::new();
                while self.more(b'}', members.is_empty())? {
                    let key = self.key()?;
                    self.colon()?;
                    members.push((key, self.tree(deep + 1)?));
                }
                Json::Object(members)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, Writer};
    use std::collections::BTreeMap;

    #[test]
    fn what_is_taken_is_gone_and_what_is_unknown_is_left() {
        let mut json = Json::parse(r#"{"a":1,"b":[true,"x",null],"c":-2,"d":{"e":2.5}}"#).unwrap();
        assert_eq!(json.take("a").number::<u8>(), Some(1));
        assert_eq!(json.take("a"), Json::Null);
        assert_eq!(json.take("b").texts(), Some(vec!["x".to_owned()]));
        assert_eq!(json.take("c"), Json::Null);
        assert!(!json.is_spent());
        assert_eq!(json.take("d").take("e"), Json::Null);
        assert!(json.is_spent());
        assert!(Json::parse("{\"a\":").is_none());
    }

    #[test]
    fn what_is_written_is_read_by_anybody() {
        let text: String = ('\0'..'\u{180}').chain(['\u{2028}', '🧑', '\u{ffff}']).collect();
        let mut inner = Writer::new();
        inner.truth("yes", true);
        let mut json = Writer::new();
        json.text("text", &text);
        json.maybe("none", None);
        json.number("number", u64::MAX);
        json.texts("texts", &[text.clone(), String::new()]);
        json.texts("empty", &[]);
        json.object("object", inner);
        let json = json.finish();
        let expected = serde_json::json!({
            "text": text, "number": u64::MAX, "texts": [text, ""], "empty": [], "object": {"yes": true}
        });
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).ok(), Some(expected), "{json}");
        assert_eq!(Json::parse(&json).map(|mut json| json.take("text")), Some(Json::Text(text)));
        assert_eq!(Writer::new().finish(), "{}");
    }

    /// What `serde_json` makes of a text, as our tree.
    fn reference(text: &str) -> Option<Json> {
        fn tree(value: serde_json::Value) -> Json {
            match value {
                serde_json::Value::Null => Json::Null,
                serde_json::Value::Bool(truth) => Json::Bool(truth),
                serde_json::Value::Number(number) => number.as_u64().map_or(Json::Null, Json::Number),
                serde_json::Value::String(text) => Json::Text(text),
                serde_json::Value::Array(list) => Json::List(list.into_iter().map(tree).collect()),
                serde_json::Value::Object(members) => {
                    Json::Object(members.into_iter().map(|(key, value)| (key, tree(value))).collect())
                }
            }
        }
        serde_json::from_str(text).ok().map(tree)
    }

    /// Members in the order of their names, the last of each name, as `serde_json` keeps them.
    fn sorted(json: Json) -> Json {
        match json {
            Json::List(list) => Json::List(list.into_iter().map(sorted).collect()),
            Json::Object(members) => {
                let members: BTreeMap<_, _> = members.into_iter().map(|(key, value)| (key, sorted(value))).collect();
                Json::Object(members.into_iter().collect())
            }
            other => other,
        }
    }

    const TEXTS: [&str; 8] = [
        r#" { "a" : [ 1 , -0 , 0.5e-3 , 18446744073709551615 , 18446744073709551616 , 1E+2 ] , "b" : { } } "#,
        r#"["", "\"\\\/\b\f\n\r\t", "\u0000\u00e9\uFFFF\u200d", "naïve 🧑‍💻", null, true, false]"#,
        r#"[[[[]],{"k":[{}]}], 0, 10, -1, -1.5, 0.0, 123456789012345678901234567890, 1e308, 1e-400]"#,
        r#"["alone", "\ud83e\uddd1 \uD83E\uDDD1"]"#,
        r#""alone""#,
        "12",
        "-",
        "nul",
    ];

    #[test]
    fn it_reads_what_serde_json_reads() {
        // Every text, every beginning of it, and every single byte of it replaced by every mark that means something.
        for text in TEXTS {
            for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
                assert_eq!(Json::parse(&text[..cut]).map(sorted), reference(&text[..cut]), "{}", &text[..cut]);
            }
            for (at, old) in text.char_indices().filter(|(_, old)| old.is_ascii()) {
                for new in "{}[]:,\"\\ntfu0159.eE+- \n\u{0}\u{1f}xé".chars() {
                    let changed = format!("{}{new}{}", &text[..at], &text[at + old.len_utf8()..]);
                    // The one intended difference: half a surrogate pair.
                    if !changed.contains("\\ud") && !changed.contains("\\udd") {
                        assert_eq!(Json::parse(&changed).map(sorted), reference(&changed), "{changed}");
                    }
                }
            }
        }
    }

    #[test]
    fn half_a_pair_does_not_lose_the_rest() {
        for (text, expected) in [
            (r#""a\ud83eb""#, "a\u{fffd}b"),
            (r#""\udd11\ud83e""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83e\u0041""#, "\u{fffd}A"),
            (r#""\ud83e\n""#, "\u{fffd}\n"),
            (r#""\ud83e\ud83e\uddd1""#, "\u{fffd}🧑"),
        ] {
            assert_eq!(Json::parse(text), Some(Json::Text(expected.to_owned())), "{text}");
        }
        assert_eq!(Json::parse(r#""\ud83e\u00""#), None);
    }

    #[test]
    fn numbers_are_as_exact_as_a_time_must_be() {
        for text in
            ["0", "-0.0", "1772452152123", "1772452152.123", "9007199254740991", "-12.5e-3", "5e-324", "1.7e308"]
        {
            let Some(super::Value::Number(float, _)) = super::Reader::new(text).value(true) else { panic!("{text}") };
            let exact: f64 = text.parse().unwrap();
            assert!((float - exact).abs() <= exact.abs() * 1e-14, "{text}: {float}");
        }
        assert!(super::Reader::new("1e309").value(true).is_none());
        assert!(super::Reader::new("-1e99999999999").value(true).is_none());
    }

    #[test]
    fn what_is_nested_too_deep_is_refused() {
        assert!(Json::parse(&format!("{}{}", "[".repeat(100), "]".repeat(100))).is_some());
        assert!(Json::parse(&"[".repeat(1_000_000)).is_none());
        assert!(Json::parse(&"{\"a\":".repeat(1_000_000)).is_none());
    }
}
