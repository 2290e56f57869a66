//! The engine's sentences, in English, from the extension's own messages.

use serde::Deserialize;
use std::collections::HashMap;
use understudy_engine::moment::clock;
use understudy_engine::words::{Arg, Say};

/// The messages of the extension.
pub struct Words(HashMap<String, Message>);

#[derive(Deserialize)]
struct Message {
    message: String,
}

impl Words {
    /// All of them.
    pub fn english() -> Self {
        let text = include_str!("../../../extension/_locales/en/messages.json");
        Self(serde_json::from_str(text).unwrap_or_default())
    }

    /// A sentence as a person reads it; a key without a message is shown as it is.
    pub fn say(&self, say: &Say) -> String {
        let Some(message) = self.0.get(&say.key) else { return say.key.clone() };
        let mut text = String::new();
        let mut rest = message.message.as_str();
        while let Some(at) = rest.find('$') {
            text.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let digit = after.chars().next().and_then(|c| c.to_digit(10)).unwrap_or(0) as usize;
            match say.args.get(digit.wrapping_sub(1)) {
                Some(arg) => text.push_str(&self.arg(arg)),
                None => text.push('$'),
            }
            // `$$` is one dollar sign, a number its parameter.
            let used = usize::from(digit > 0 || after.starts_with('$'));
            rest = &after[used..];
        }
        text + rest
    }

    fn arg(&self, arg: &Arg) -> String {
        match arg {
            Arg::Text(text) => text.clone(),
            Arg::Count(count) => count.to_string(),
            Arg::Time(at) => clock(*at),
            Arg::Word(key) => self.0.get(key).map_or_else(|| key.clone(), |message| message.message.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Words;
    use understudy_engine::words::Say;

    #[test]
    fn sentences_get_their_parameters() {
        let words = Words::english();
        let say = Say::new("seen_limit_until").time(1_772_452_152_123);
        assert!(words.say(&say).ends_with("2026-03-02 11:49:12 UTC"), "{}", words.say(&say));
        assert!(!words.say(&Say::new("verdict_down")).contains("verdict_"));
        assert_eq!(words.say(&Say::new("no_such_key")), "no_such_key");
        assert!(words.say(&Say::new("seen_limit_until")).contains('$'), "a missing parameter is seen, not hidden");
    }
}
