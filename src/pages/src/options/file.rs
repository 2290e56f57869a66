//! The settings as a file: what stands in it, and what is taken from one. A file comes from anywhere, so all of it is looked at first,
//! and it is taken whole or not at all.

use crate::tree::say;
use understudy_engine::json::{Json, Writer};
use understudy_engine::provider::{CLAUDE, CUSTOM, EVERYTHING, Settings, find};
use understudy_engine::words::Say;

/// The name it is saved under.
pub(super) const NAME: &str = "understudy-settings.json";

/// Bytes that a file may have; ours has a thousand.
pub(super) const LARGEST: u32 = 64 * 1_024;

/// Of which form the file is. Another one gets another number.
const VERSION: u64 = 1;

/// What stands in the file. It is always one that [`read`] takes.
pub(super) fn write(settings: &Settings) -> String {
    let mut settings = settings.clone().cleaned();
    // An earlier version may have stored what is no longer known.
    settings.never.retain(|id| is_known(id));
    settings.along = settings.along.min(EVERYTHING);
    let mut json = Writer::new();
    json.text("understudy", KIND);
    json.number("version", VERSION);
    let head = json.finish();
    [head.trim_end_matches('}'), ",\"settings\":", &settings.write(), "}"].concat()
}

/// The settings in a file, or why nothing is taken from it. What it does not name has its usual value.
pub(super) fn read(text: &str) -> Result<Settings, Say> {
    if text.len() > LARGEST as usize {
        return Err(say("page_file_large"));
    }
    let tree = || Json::parse(text).unwrap_or(Json::Null);
    let mut json = tree();
    if json == Json::Null {
        return Err(say("page_file_broken"));
    }
    let kind = json.take("understudy").text();
    let version = json.take("version");
    let Json::Object(members) = json.take("settings") else { return Err(say("page_file_foreign")) };
    if kind.as_deref() != Some(KIND) {
        return Err(say("page_file_foreign"));
    }
    if version != Json::Number(VERSION) {
        return Err(say("page_file_version"));
    }
    let settings = Settings::read(tree().take("settings")).unwrap_or_default();
    if let Some(id) = settings.fallbacks.iter().chain(&settings.never).find(|id| !is_known(id)) {
        return Err(about("page_file_provider", id));
    }
    // What would be stored has to be what the file says: a value that was left out or mended is none that can be set.
    let settings = settings.cleaned();
    let mut kept = Json::parse(&settings.write()).unwrap_or(Json::Null);
    for (key, value) in members {
        let large = key == "along" && settings.along > EVERYTHING;
        if large || value == Json::Null || kept.take(&key) != value {
            return Err(about("page_file_value", &key));
        }
    }
    Ok(settings)
}

fn is_known(id: &str) -> bool {
    id == CUSTOM || (id != CLAUDE.id && find(id).is_some())
}

/// A sentence with a word from a file, as it can stand there: nothing that turns its direction, and not all of a long one.
fn about(key: &str, word: &str) -> Say {
    let plain = |c: char| if c.is_ascii_graphic() { c } else { '?' };
    Say::new(key).text(word.chars().take(LONGEST).map(plain).collect::<String>())
}

/// What kind of file it is.
const KIND: &str = "settings";

/// Characters of a word from a file that are shown.
const LONGEST: usize = 40;

#[cfg(test)]
mod tests {
    use super::{LARGEST, is_known, read, write};
    use understudy_engine::provider::{CATALOGUE, CUSTOM, EVERYTHING, KEPT, Settings};
    use understudy_engine::words::Arg;

    /// A file with these settings, and otherwise a good one.
    fn file(settings: &str) -> String {
        format!(r#"{{"understudy":"settings","version":1,"settings":{settings}}}"#)
    }

    /// Why a file is not taken, and the word of it that is told.
    fn refused(text: &str) -> (String, String) {
        let said = read(text).expect_err(text);
        let word =
            said.args.first().map(|arg| if let Arg::Text(word) = arg { word.clone() } else { panic!("{said:?}") });
        (said.key, word.unwrap_or_default())
    }

    fn value(settings: &str) -> String {
        let (key, word) = refused(&file(settings));
        assert_eq!(key, "page_file_value", "{settings}");
        word
    }

    fn provider(text: &str) -> String {
        let (key, word) = refused(text);
        assert_eq!(key, "page_file_provider", "{text}");
        word
    }

    #[test]
    fn what_was_saved_is_read_again() {
        let all = Settings {
            fallbacks: vec!["grok".into(), CUSTOM.into(), "chatgpt".into()],
            custom_url: "https://chat.example/?q={prompt}&mode=new".into(),
            custom_name: "Mine \u{5e9}\u{5dc}\u{5d5}\u{5dd} </script>".into(),
            target: Some(99_950),
            probes: false,
            limits: false,
            never: vec!["gemini".into()],
            along: EVERYTHING,
            keep: KEPT[2],
        };
        for settings in [all, Settings::default(), Settings { fallbacks: vec![], ..Settings::default() }] {
            assert_eq!(settings, settings.clone().cleaned(), "a real one");
            let text = write(&settings);
            assert_eq!(read(&text), Ok(settings));
            let tree: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!((&tree["understudy"], &tree["version"]), (&"settings".into(), &1.into()));
            assert_eq!(tree.as_object().map(serde_json::Map::len), Some(3), "and nothing else: {tree}");
            assert_eq!(read(&serde_json::to_string_pretty(&tree).unwrap()), read(&text));
        }
    }

    #[test]
    fn what_cannot_be_read_again_is_not_saved() {
        let never = vec!["gone".into(), "gemini".into()];
        let old = Settings { never, along: 7_000, keep: 3, custom_name: " x ".into(), ..Settings::default() };
        let read = read(&write(&old)).unwrap();
        assert_eq!((read.never, read.along, read.keep), (vec!["gemini".to_owned()], EVERYTHING, KEPT[1]));
    }

    #[test]
    fn what_a_file_does_not_name_is_as_usual() {
        let read = read(&file(r#"{"fallbacks":["grok"]}"#)).unwrap();
        assert_eq!(read, Settings { fallbacks: vec!["grok".into()], ..Settings::default() });
    }

    #[test]
    fn what_is_not_json_is_said() {
        let cut = &file("{}")[..20];
        let deep = "[".repeat(60_000);
        for text in ["", " ", "{", "settings", "\u{0}", "{} {}", "\u{fffd}PNG\r\n", "<html>", cut, &deep, "null"] {
            assert_eq!(refused(text).0, "page_file_broken", "{text:?}");
        }
    }

    #[test]
    fn a_file_of_something_else_is_not_taken() {
        for text in [
            "{}",
            "[]",
            "true",
            "7",
            r#"{"settings":{"fallbacks":["grok"]}}"#,
            r#"{"understudy":"receipt","version":1,"settings":{}}"#,
            r#"{"understudy":true,"version":1,"settings":{}}"#,
            r#"{"understudy":"settings","version":1}"#,
            r#"{"understudy":"settings","version":1,"settings":[]}"#,
            r#"{"understudy":"settings","version":1,"settings":"{}"}"#,
        ] {
            assert_eq!(refused(text).0, "page_file_foreign", "{text}");
        }
        for version in ["0", "2", "-1", "1.5", "\"1\"", "null", "99999999999999999999"] {
            let text = file("{}").replace(":1,", &format!(":{version},"));
            assert_eq!(refused(&text).0, "page_file_version", "{text}");
        }
        assert_eq!(refused(r#"{"understudy":"settings","settings":{}}"#).0, "page_file_version");
    }

    #[test]
    fn an_unknown_fallback_is_named() {
        for list in ["fallbacks", "never"] {
            for id in ["nobody", "claude", "Grok", ""] {
                let text = file(&format!(r#"{{"{list}":["gemini","{id}"]}}"#));
                assert_eq!(provider(&text), id, "{text}");
            }
        }
        assert!(CATALOGUE.iter().all(|provider| is_known(provider.id)));
        // A word from a file neither turns a sentence round nor fills the page.
        let hostile = file(r#"{"fallbacks":["\u202e\u2069a\n<b>"]}"#);
        assert_eq!(provider(&hostile), "??a?<b>");
        let long = file(&format!(r#"{{"fallbacks":["{}"]}}"#, "x".repeat(9_000)));
        assert_eq!(provider(&long), "x".repeat(40));
    }

    #[test]
    fn a_value_that_a_setting_cannot_have_is_named() {
        let (long, url) = ("x".repeat(41), "http://chat.example/?q={prompt}");
        for (key, values) in [
            ("fallbacks", [r#""grok""#, r#"["grok",7]"#, r#"["grok","grok"]"#, r#"["custom"]"#, "{}"].as_slice()),
            ("customUrl", &["7", &format!("{url:?}"), r#""javascript:alert({prompt})""#, r#"" ""#, r#""x""#]),
            ("customName", &["null", &format!("{long:?}"), r#"" x""#]),
            ("target", &["null", "-1", "99.5", "100001", r#""99""#, "4294967296"]),
            ("probes", &["1", r#""true""#, "null"]),
            ("limits", &["0", r#""false""#, "[]"]),
            ("never", &["null", r#"["grok",[]]"#, "7"]),
            ("along", &["-1", "1001", "1e99", "[]", "0.5"]),
            ("keep", &["0", "2", "31", "null", r#""7""#]),
        ] {
            for text in values {
                assert_eq!(value(&format!(r#"{{"fallbacks":["gemini"],"{key}":{text}}}"#)), key, "{text}");
            }
        }
        assert_eq!(value(r#"{"fallbacks":["grok"],"never":["grok"]}"#), "fallbacks", "both at once");
        assert_eq!(value(r#"{"fallback":["grok"]}"#), "fallback", "no such setting");
        assert_eq!(value(r#"{"__proto__":{"\u202e":1}}"#), "__proto__");
        assert_eq!(value(r#"{"prompts":["x"]}"#), "prompts");
    }

    #[test]
    fn a_large_file_is_not_looked_into() {
        let room = " ".repeat(LARGEST as usize - file("{}").len());
        assert_eq!(read(&(file("{}") + &room)), Ok(Settings::default()));
        assert_eq!(refused(&(file("{}") + &room + " ")).0, "page_file_large");
    }
}
