//! A pull reader of JSON over a stream, in constant memory.
//!
//! A HAR file holds whole pictures as base64 in one string. So no value is ever held: a string is handed out in pieces as it
//! is read, and what nobody wants is skipped without being decoded, but not without being checked.

use crate::source::Source;
use memchr::memchr2;
use std::cell::Cell;
use std::io;

/// Why a file could not be read to its end.
#[derive(Debug)]
pub enum Fault {
    /// The file system.
    Io(io::Error),
    /// The text ends in the middle of a value.
    Cut,
    /// It is not JSON from this byte on.
    Syntax(u64),
}

/// What reading gives.
pub type Result<T> = std::result::Result<T, Fault>;

/// Reads one JSON text, front to back.
pub struct Json<R> {
    source: R,
    buffer: Box<[u8]>,
    at: usize,
    end: usize,
    /// Bytes before the buffer.
    before: u64,
}

impl<R: Source> Json<R> {
    /// At the beginning of a text; a byte order mark is skipped.
    pub async fn new(source: R) -> Result<Self> {
        let mut json = Self { source, buffer: vec![0; BUFFER].into_boxed_slice(), at: 0, end: 0, before: 0 };
        while json.end < 3 && json.more().await? {}
        if json.buffer[..json.end].starts_with(b"\xef\xbb\xbf") {
            json.at = 3;
        }
        Ok(json)
    }

    /// The first byte of the next token, without taking it; `None` at the end of the text.
    pub async fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            while self.at < self.end {
                let byte = self.buffer[self.at];
                if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                    return Ok(Some(byte));
                }
                self.at += 1;
            }
            if !self.refill().await? {
                return Ok(None);
            }
        }
    }

    /// Takes an object: `each` gets every key, cut to 64 bytes, and must take its value.
    pub async fn object(&mut self, mut each: impl AsyncFnMut(&mut Self, &str) -> Result<()>) -> Result<()> {
        self.expect(b'{').await?;
        if self.token().await? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.token().await? != b'"' {
                return Err(self.syntax());
            }
            let key = self.string(64).await?;
            self.expect(b':').await?;
            each(self, &key).await?;
            if self.next_or_end(b'}').await? {
                return Ok(());
            }
        }
    }

    /// Takes an array: `each` must take every element.
    pub async fn array(&mut self, mut each: impl AsyncFnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.expect(b'[').await?;
        if self.token().await? == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            each(self).await?;
            if self.next_or_end(b']').await? {
                return Ok(());
            }
        }
    }

    /// Takes an object, or skips what is none.
    pub async fn object_or_skip(&mut self, each: impl AsyncFnMut(&mut Self, &str) -> Result<()>) -> Result<()> {
        if self.token().await? == b'{' { self.object(each).await } else { self.skip().await }
    }

    /// Takes an array, or skips what is none.
    pub async fn array_or_skip(&mut self, each: impl AsyncFnMut(&mut Self) -> Result<()>) -> Result<()> {
        if self.token().await? == b'[' { self.array(each).await } else { self.skip().await }
    }

    /// Takes a string and keeps at most its first `max` bytes; `None` if the value is no string.
    pub async fn text(&mut self, max: usize) -> Result<Option<String>> {
        if self.token().await? == b'"' {
            return self.string(max).await.map(Some);
        }
        self.skip().await?;
        Ok(None)
    }

    /// Takes a number; `None` if the value is none.
    pub async fn number(&mut self) -> Result<Option<f64>> {
        if !matches!(self.token().await?, b'-' | b'0'..=b'9') {
            self.skip().await?;
            return Ok(None);
        }
        self.digits().await.map(Some)
    }

    async fn digits(&mut self) -> Result<f64> {
        let mut digits = String::new();
        while let Some(byte @ (b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) = self.byte().await? {
            if digits.len() < 64 {
                digits.push(char::from(byte));
            }
            self.at += 1;
        }
        match digits.parse() {
            Ok(number) => Ok(number),
            Err(_) if self.byte().await?.is_none() => Err(Fault::Cut),
            Err(_) => Err(self.syntax()),
        }
    }

    /// Takes a string, decoded and in pieces, until `each` has enough; skips the rest, and what is no string.
    /// Tells whether it was one.
    pub async fn pieces(&mut self, each: &mut dyn FnMut(&str) -> bool) -> Result<bool> {
        let enough = Cell::new(false);
        // Escapes come one by one: they are gathered, so that `each` sees large pieces.
        let mut gathered = String::new();
        let mut each = |piece: &str| {
            gathered.push_str(piece);
            if piece.is_empty() || gathered.len() >= PIECE {
                enough.set(enough.get() | !each(&gathered));
                gathered.clear();
            }
        };
        if self.token().await? != b'"' {
            self.skip().await?;
            return Ok(false);
        }
        self.at += 1;
        let mut decoder = Decoder::default();
        while !enough.get() {
            if self.at == self.end && !self.refill().await? {
                return Err(Fault::Cut);
            }
            let rest = &self.buffer[self.at..self.end];
            let run = memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
            decoder.plain(&rest[..run], &mut each);
            self.at += run;
            if self.at == self.end {
                continue;
            }
            self.at += 1;
            if self.buffer[self.at - 1] == b'"' {
                decoder.finish(&mut each);
                each("");
                return Ok(true);
            }
            self.escape(&mut decoder, &mut each).await?;
        }
        self.rest_of_string().await?;
        Ok(true)
    }

    /// Takes any value and drops it.
    pub async fn skip(&mut self) -> Result<()> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            if open.len() > DEPTH {
                return Err(self.syntax());
            }
            // A value …
            match self.token().await? {
                b'"' => self.skip_string().await?,
                b'{' => {
                    self.at += 1;
                    if self.token().await? != b'}' {
                        open.push(b'}');
                        self.skip_key().await?;
                        continue;
                    }
                    self.at += 1;
                }
                b'[' => {
                    self.at += 1;
                    if self.token().await? != b']' {
                        open.push(b']');
                        continue;
                    }
                    self.at += 1;
                }
                b't' => self.literal(b"true").await?,
                b'f' => self.literal(b"false").await?,
                b'n' => self.literal(b"null").await?,
                b'-' | b'0'..=b'9' => {
                    self.digits().await?;
                }
                _ => return Err(self.syntax()),
            }
            // … and what follows it.
            loop {
                let Some(&end) = open.last() else { return Ok(()) };
                if !self.next_or_end(end).await? {
                    if end == b'}' {
                        self.skip_key().await?;
                    }
                    break;
                }
                open.pop();
            }
        }
    }

    /// Takes nothing but the end of the text.
    pub async fn end(&mut self) -> Result<()> {
        if self.peek().await?.is_some() { Err(self.syntax()) } else { Ok(()) }
    }

    async fn skip_key(&mut self) -> Result<()> {
        if self.token().await? != b'"' {
            return Err(self.syntax());
        }
        self.skip_string().await?;
        self.expect(b':').await
    }

    async fn skip_string(&mut self) -> Result<()> {
        self.at += 1;
        self.rest_of_string().await
    }

    /// Takes what is left of a string that has begun.
    async fn rest_of_string(&mut self) -> Result<()> {
        loop {
            if self.at == self.end && !self.refill().await? {
                return Err(Fault::Cut);
            }
            let rest = &self.buffer[self.at..self.end];
            let Some(stop) = memchr2(b'"', b'\\', rest) else {
                self.at = self.end;
                continue;
            };
            self.at += stop + 1;
            if rest[stop] == b'"' {
                return Ok(());
            }
            // Whatever is escaped does not end the string.
            if self.byte().await?.is_none() {
                return Err(Fault::Cut);
            }
            self.at += 1;
        }
    }

    async fn string(&mut self, max: usize) -> Result<String> {
        let mut kept = String::new();
        self.pieces(&mut |piece| push_bounded(&mut kept, piece, max)).await?;
        Ok(kept)
    }

    async fn escape(&mut self, decoder: &mut Decoder, each: &mut dyn FnMut(&str)) -> Result<()> {
        let Some(byte) = self.byte().await? else { return Err(Fault::Cut) };
        self.at += 1;
        let plain = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut unit = 0;
                for _ in 0..4 {
                    let Some(digit) = self.byte().await? else { return Err(Fault::Cut) };
                    let Some(value) = char::from(digit).to_digit(16) else { return Err(self.syntax()) };
                    unit = unit * 16 + value;
                    self.at += 1;
                }
                decoder.unit(unit, each);
                return Ok(());
            }
            _ => return Err(self.syntax()),
        };
        decoder.plain(&[plain], each);
        Ok(())
    }

    async fn literal(&mut self, word: &[u8]) -> Result<()> {
        for expected in word {
            match self.byte().await? {
                Some(byte) if byte == *expected => self.at += 1,
                Some(_) => return Err(self.syntax()),
                None => return Err(Fault::Cut),
            }
        }
        Ok(())
    }

    /// After a value: takes a comma (and tells `false`) or the closing `end` (`true`).
    async fn next_or_end(&mut self, end: u8) -> Result<bool> {
        let byte = self.token().await?;
        if byte != b',' && byte != end {
            return Err(self.syntax());
        }
        self.at += 1;
        Ok(byte == end)
    }

    async fn expect(&mut self, wanted: u8) -> Result<()> {
        if self.token().await? != wanted {
            return Err(self.syntax());
        }
        self.at += 1;
        Ok(())
    }

    async fn token(&mut self) -> Result<u8> {
        self.peek().await?.ok_or(Fault::Cut)
    }

    /// The next byte, without taking it.
    async fn byte(&mut self) -> Result<Option<u8>> {
        if self.at == self.end && !self.refill().await? {
            return Ok(None);
        }
        Ok(Some(self.buffer[self.at]))
    }

    fn syntax(&self) -> Fault {
        Fault::Syntax(self.before + self.at as u64)
    }

    /// Replaces the buffer, all of which has been taken.
    async fn refill(&mut self) -> Result<bool> {
        self.before += self.end as u64;
        (self.at, self.end) = (0, 0);
        self.more().await
    }

    async fn more(&mut self) -> Result<bool> {
        loop {
            match self.source.read(&mut self.buffer[self.end..]).await {
                Ok(read) => {
                    self.end += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::Io(error)),
            }
        }
    }
}

/// Appends as much of `piece` as fits into `max` bytes; tells whether there is room for more.
pub fn push_bounded(kept: &mut String, piece: &str, max: usize) -> bool {
    let mut end = piece.len().min(max.saturating_sub(kept.len()));
    while !piece.is_char_boundary(end) {
        end -= 1;
    }
    kept.push_str(&piece[..end]);
    end == piece.len()
}

/// One read.
const BUFFER: usize = 128 * 1024;
/// How much of a string is handed out at once, about.
const PIECE: usize = 8 * 1024;
/// Nobody nests deeper.
const DEPTH: usize = 1_024;

/// Puts characters together that the buffer's end or a pair of escapes cut in two.
#[derive(Default)]
struct Decoder {
    /// The beginning of a character.
    bytes: Vec<u8>,
    /// The first half of a surrogate pair.
    high: Option<u32>,
}

impl Decoder {
    fn plain(&mut self, bytes: &[u8], each: &mut dyn FnMut(&str)) {
        if bytes.is_empty() {
            return;
        }
        self.lone(each);
        if self.bytes.is_empty() {
            self.decode(bytes, each);
            return;
        }
        // At most three bytes wait: complete their character first.
        let mut joined = std::mem::take(&mut self.bytes);
        let borrowed = bytes.len().min(4);
        let waited = joined.len();
        joined.extend_from_slice(&bytes[..borrowed]);
        match std::str::from_utf8(&joined) {
            Ok(text) => {
                each(text);
                self.decode(&bytes[borrowed..], each);
            }
            Err(error) if error.valid_up_to() >= waited => {
                let taken = error.valid_up_to();
                self.decode(&joined[..taken], each);
                self.decode(&bytes[taken - waited..], each);
            }
            Err(error) if error.error_len().is_none() && borrowed == bytes.len() => self.bytes = joined,
            Err(error) => {
                each("\u{fffd}");
                let spoilt = error.error_len().unwrap_or(0).saturating_sub(waited);
                self.decode(&bytes[spoilt..], each);
            }
        }
    }

    fn decode(&mut self, mut bytes: &[u8], each: &mut dyn FnMut(&str)) {
        while !bytes.is_empty() {
            let error = match std::str::from_utf8(bytes) {
                Ok(text) => return each(text),
                Err(error) => error,
            };
            let (good, bad) = bytes.split_at(error.valid_up_to());
            if let Ok(text) = std::str::from_utf8(good)
                && !text.is_empty()
            {
                each(text);
            }
            if let Some(length) = error.error_len() {
                each("\u{fffd}");
                bytes = &bad[length..];
            } else {
                self.bytes = bad.to_vec();
                return;
            }
        }
    }

    /// One `\u` escape.
    fn unit(&mut self, unit: u32, each: &mut dyn FnMut(&str)) {
        self.broken(each);
        let code = match (self.high.take(), unit) {
            (Some(high), 0xDC00..=0xDFFF) => 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00),
            (high, 0xD800..=0xDBFF) => {
                if high.is_some() {
                    each("\u{fffd}");
                }
                self.high = Some(unit);
                return;
            }
            (high, _) => {
                if high.is_some() {
                    each("\u{fffd}");
                }
                unit
            }
        };
        each(char::from_u32(code).unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]));
    }

    fn lone(&mut self, each: &mut dyn FnMut(&str)) {
        if self.high.take().is_some() {
            each("\u{fffd}");
        }
    }

    fn broken(&mut self, each: &mut dyn FnMut(&str)) {
        if !std::mem::take(&mut self.bytes).is_empty() {
            each("\u{fffd}");
        }
    }

    fn finish(&mut self, each: &mut dyn FnMut(&str)) {
        self.lone(each);
        self.broken(each);
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Json, push_bounded};
    use crate::source::{Blocking, at_once};
    use std::io::{self, Read};

    /// Hands out `step` bytes at a time, so that every token is cut somewhere.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let step = self.1.min(self.0.len()).min(to.len());
            to[..step].copy_from_slice(&self.0[..step]);
            self.0 = &self.0[step..];
            Ok(step)
        }
    }

    fn string(text: &[u8], step: usize) -> Result<String, Fault> {
        let mut whole = String::new();
        at_once(async {
            let mut json = Json::new(Blocking(Slow(text, step))).await?;
            json.pieces(&mut |piece| {
                whole.push_str(piece);
                true
            })
            .await
        })?;
        Ok(whole)
    }

    fn skip(text: &[u8], step: usize) -> Result<(), Fault> {
        at_once(async {
            let mut json = Json::new(Blocking(Slow(text, step))).await?;
            json.skip().await?;
            json.end().await
        })
    }

    #[test]
    fn strings_are_decoded_however_they_are_cut() {
        for source in [
            r#""""#,
            r#""plain é日本語😀""#,
            r#""a\"b\\c\/d\b\f\n\r\t\u00e9\u65e5\ud83d\ude00 end""#,
            "\u{feff}\"after a mark\"",
        ] {
            let expected: String = serde_json::from_str(source.trim_start_matches('\u{feff}')).expect(source);
            for step in 1..=source.len() {
                assert_eq!(string(source.as_bytes(), step).expect(source), expected, "{source} by {step}");
            }
        }
        for (source, expected) in [
            (&br#""\ud83d""#[..], "\u{fffd}"),
            (br#""\ud83dx""#, "\u{fffd}x"),
            (br#""\ud83d\ud83d\ude00\ude00""#, "\u{fffd}😀\u{fffd}"),
            (b"\"\xff\xe6\x97x\xc3\"", "\u{fffd}\u{fffd}x\u{fffd}"),
            (b"\"\xe6\\n\"", "\u{fffd}\n"),
        ] {
            for step in 1..=source.len() {
                assert_eq!(string(source, step).expect(expected), expected, "{expected:?} by {step}");
            }
        }
    }

    #[test]
    fn skipping_takes_what_is_json_and_nothing_else() {
        let fine = r#" {"a":[1,-2.5e+3,true,false,null,"x\"}]",{}],"b":{"c":[[],[{}]]}} "#;
        for step in 1..=fine.len() {
            skip(fine.as_bytes(), step).expect(fine);
        }
        let inner = fine.trim_end();
        for cut in 0..inner.len() {
            assert!(matches!(skip(&inner.as_bytes()[..cut], 7), Err(Fault::Cut)), "cut at {cut}");
        }
        for bad in
            ["{1:2}", "[1,]", "{\"a\":1,}", "[1 2]", "{\"a\" 1}", "tru!", "[}", "{]", "oops", "{} x", "- ", "\u{1}"]
        {
            assert!(matches!(skip(bad.as_bytes(), 3), Err(Fault::Syntax(_))), "{bad}");
        }
        assert!(matches!(skip("[".repeat(100_000).as_bytes(), 4_096), Err(Fault::Syntax(_))));
    }

    #[test]
    fn objects_and_arrays_are_walked() {
        let text = br#"{"a": [1, "two", null], "b": {"c": 3.5}, "d": "x"}"#;
        for step in 1..text.len() {
            let mut seen = Vec::new();
            let mut walk = async |json: &mut Json<_>, key: &str| {
                match key {
                    "a" => {
                        json.array_or_skip(async |json| {
                            seen.push(format!("{:?}", json.number().await?));
                            Ok(())
                        })
                        .await?;
                    }
                    "b" => {
                        json.object_or_skip(async |json, _| {
                            seen.push(format!("{:?}", json.number().await?));
                            Ok(())
                        })
                        .await?;
                    }
                    _ => seen.push(json.text(10).await?.expect("a string")),
                }
                Ok(())
            };
            at_once(async {
                let mut json = Json::new(Blocking(Slow(text, step))).await.expect("a reader");
                json.object(&mut walk).await.expect("an object");
            });
            assert_eq!(seen, ["Some(1.0)", "None", "None", "Some(3.5)", "x"]);
        }
    }

    #[test]
    fn the_rest_of_a_string_is_skipped() {
        let text = r#"["abc\u00e9\"def\\", "x"]"#;
        for step in 1..=text.len() {
            for max in 0..12 {
                let mut seen = Vec::new();
                at_once(async {
                    let source = Blocking(Slow(text.as_bytes(), step));
                    let mut json = Json::new(source).await.expect("a reader");
                    let each = async |json: &mut Json<_>| {
                        seen.push(json.text(max).await?.expect("a string"));
                        Ok(())
                    };
                    json.array(each).await.expect("an array");
                    json.end().await.expect("the end");
                });
                assert!("abcé\"def\\".starts_with(&seen[0]) && seen[0].len() <= max, "{seen:?}");
                assert_eq!(seen[1], if max > 0 { "x" } else { "" });
            }
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut kept = String::new();
        assert!(push_bounded(&mut kept, "ab", 4));
        assert!(!push_bounded(&mut kept, "cé", 4));
        assert_eq!(kept, "abc");
    }
}
