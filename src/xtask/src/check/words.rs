//! The words people read: every language says what English says, with the same parameters, in about the same room.

use super::Verdict;
use crate::repo::Repo;
use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The text of each `messages.json` by its locale.
type Files = BTreeMap<String, String>;

/// Every language of the extension, held against English.
pub fn check(repo: &Repo) -> Result<Verdict> {
    let mut files = Files::new();
    for entry in fs::read_dir(repo.root.join("extension/_locales"))? {
        let path = entry?.path().join("messages.json");
        let locale = path.parent().and_then(|folder| folder.file_name()).unwrap_or_default().to_string_lossy();
        files.insert(locale.into_owned(), fs::read_to_string(&path).with_context(|| path.display().to_string())?);
    }
    let faults: Vec<_> = languages(&files).into_iter().chain(faults(&files)).collect();
    Ok(if faults.is_empty() { Ok(format!("{} languages", files.len())) } else { Err(faults.join("\n       ")) })
}

/// The languages that are promised, and no other.
fn languages(files: &Files) -> Vec<String> {
    let missing = LANGUAGES.iter().filter(|locale| !files.contains_key(**locale));
    let missing = missing.map(|locale| format!("{locale}: the language is missing"));
    let unknown = files.keys().filter(|locale| !LANGUAGES.contains(&locale.as_str()));
    missing.chain(unknown.map(|locale| format!("{locale}: no such language is promised"))).collect()
}

fn faults(files: &Files) -> Vec<String> {
    let Some((english, in_english)) = files.get(ENGLISH).and_then(|text| Some((text, messages(text).ok()?))) else {
        return vec![format!("{ENGLISH}: there are no messages to hold the others against")];
    };
    let mut faults = Vec::new();
    for (locale, text) in files {
        match messages(text) {
            Ok(found) => {
                let wrong = keys(english, text)
                    .into_iter()
                    .chain(entries(&in_english, &found))
                    .chain(tags(locale, &found))
                    .chain(names(&found));
                faults.extend(wrong.map(|wrong| format!("{locale}: {wrong}")));
            }
            Err(error) => faults.push(format!("{locale}: {error}")),
        }
    }
    faults
}

fn messages(text: &str) -> serde_json::Result<Map<String, Value>> {
    serde_json::from_str(text)
}

/// The keys of English, each once, in its order and a line each: so a change in one file is seen beside the same in another.
fn keys(english: &str, text: &str) -> Vec<String> {
    let listed = |text| str::lines(text).filter_map(|line| line.trim_start().strip_prefix('"')?.split('"').next());
    let (wanted, found): (Vec<_>, Vec<_>) = (listed(english).collect(), listed(text).collect());
    let missing = wanted.iter().filter(|key| !found.contains(key)).map(|key| format!("{key} is missing"));
    let unused = found.iter().filter(|key| !wanted.contains(key)).map(|key| format!("{key} is not in {ENGLISH}"));
    let wrong: Vec<_> = missing.chain(unused).collect();
    if !wrong.is_empty() {
        return wrong;
    }
    let stray = found.iter().zip(wanted.iter().chain([&""])).find(|(found, wanted)| found != wanted);
    stray.map(|(found, _)| format!("{found} stands twice, or not where {ENGLISH} has it")).into_iter().collect()
}

/// What is wrong with the language's own name and direction, which pages and the card set, and dates are written by.
fn tags(locale: &str, found: &Map<String, Value>) -> Vec<String> {
    let said = |key: &str| found.get(key).map(|entry| entry["message"].as_str().unwrap_or_default());
    let language = said("ext_language").filter(|language| *language != locale.replace('_', "-"));
    let language = language.map(|language| format!("ext_language: {language} is not the folder's"));
    let direction = said("ext_direction").filter(|direction| !["ltr", "rtl"].contains(direction));
    language.into_iter().chain(direction.map(|_| "ext_direction: it is ltr or rtl".to_owned())).collect()
}

/// Buttons whose name says more than they show: whoever speaks to the computer says what is shown
/// (<https://www.w3.org/WAI/WCAG22/Understanding/label-in-name>).
fn names(found: &Map<String, Value>) -> Vec<String> {
    let said = |key: &str| found.get(key).map(|entry| entry["message"].as_str().unwrap_or_default().to_lowercase());
    let faults = NAMES.iter().filter_map(|(label, name)| {
        let (shown, named) = (said(label)?, said(name)?);
        (!named.contains(&shown)).then(|| format!("{name}: it does not hold what the button shows, {label}"))
    });
    faults.collect()
}

/// The labels of buttons and the names that stand for them.
const NAMES: [(&str, &str); 5] = [
    ("page_put_back", "page_put_back_into"),
    ("page_allow_typing", "page_allow_typing_in"),
    ("page_never", "page_never_for"),
    ("page_never_undo", "page_never_undo_for"),
    ("page_selftest_look", "page_selftest_look_at"),
];

/// What is wrong with the messages that English has too.
fn entries(english: &Map<String, Value>, found: &Map<String, Value>) -> Vec<String> {
    let turned = found.get("ext_direction").is_some_and(|direction| direction["message"] == "rtl");
    let both = found.iter().filter_map(|(key, entry)| Some((key, english.get(key)?, entry)));
    let faults = both.flat_map(|(key, english, entry)| {
        let text = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
        let (text, english_text) = (text(entry), text(english));
        let turned = turned && !LEAVES.iter().any(|leaves| key.starts_with(leaves));
        let plain = if turned { text.replace(ISOLATES, "") } else { text.clone() };
        let mut faults = message(key, &english_text, &plain);
        if turned && !apart(&text) {
            faults.push(
                "from right to left, each parameter stands between U+2068 and U+2069, and nothing else does but ASCII"
                    .to_owned(),
            );
        }
        if entry["placeholders"] != english["placeholders"] {
            faults.push(format!("its placeholders are not those of {ENGLISH}"));
        }
        faults.into_iter().map(move |fault| format!("{key}: {fault}"))
    });
    faults.collect()
}

/// Whether what stands in a message is kept apart: two names from left to right would change places in a sentence from right to left,
/// and take the marks beside them along. What belongs to a parameter and is written in its direction, as in `HTTP $1`, stands with it.
fn apart(text: &str) -> bool {
    let mut outside = String::new();
    let mut pieces = text.split(ISOLATES[0]);
    outside.extend(pieces.next());
    let closed = pieces.all(|piece| {
        let Some((inside, after)) = piece.split_once(ISOLATES[1]) else { return false };
        outside.push_str(after);
        inside.is_ascii() && inside.contains('$')
    });
    closed && !outside.contains(['$', ISOLATES[1]])
}

/// What is wrong with one message.
fn message(key: &str, english: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |wrong: bool, what: &str| {
        if wrong {
            faults.push(what.to_owned());
        }
    };
    fault(text.trim().is_empty(), "it is empty");
    fault(text != text.trim(), "it begins or ends with a space");
    fault(parameters(text) != parameters(english), "its parameters are not those of English");
    fault(misread(text), "a $ is read in two ways: parameters are $1 to $9, with more than letters between them");
    fault(
        LITERALS.iter().any(|literal| english.contains(literal) != text.contains(literal)),
        "it does not keep what is to be typed as it is",
    );
    fault(text.contains(['<', '>', '&']), "it looks like HTML");
    fault(
        text.contains(|c: char| c.is_control() || UNSEEN.iter().any(|unseen| unseen.contains(&c))),
        "it holds a character that is not seen, such as one that turns the direction of writing",
    );
    let most = most(key, english);
    let wide = width(text);
    fault(wide > most, &format!("it is {wide} wide and may be {most}"));
    let stored = STORE.iter().find(|(name, _)| *name == key);
    if let Some((_, most)) = stored {
        let long = text.chars().count();
        fault(long > *most, &format!("it has {long} characters, the store takes {most}"));
    }
    faults
}

/// The parameters that stand in a message, each once: a sentence may have to say one of them twice.
fn parameters(text: &str) -> BTreeSet<&str> {
    text.match_indices('$').filter_map(|(at, _)| text.get(at..at + 2)).collect()
}

/// Whether a browser may read something else than parameters: a bare `$`, `$12`, or a name between two `$` as in `$1h$2`.
fn misread(text: &str) -> bool {
    let mut pieces = text.split('$').skip(1).peekable();
    while let Some(piece) = pieces.next() {
        let number = piece.starts_with(|c: char| ('1'..='9').contains(&c));
        let longer = piece.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        let name = piece.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '@');
        if !number || longer || (name && pieces.peek().is_some()) {
            return true;
        }
    }
    false
}

/// How wide a message may be.
fn most(key: &str, english: &str) -> usize {
    let length = width(english);
    if key.starts_with("action_") || BUTTONS.contains(&key) {
        return (2 * length).clamp(LABEL, LONGEST_LABEL.max(length));
    }
    // Short texts grow up to threefold, long ones by a third (<https://www.w3.org/International/articles/article-text-size>): what grows
    // more was not translated but explained.
    length * 11 / 5 + 20
}

/// The room a text takes, in letters: the characters of Chinese, Japanese and Korean take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c >= '\u{2e80}' && c != '\u{fffd}' { 2 } else { 1 }).sum()
}

/// What all others are held against: the manifest's `default_locale`.
const ENGLISH: &str = "en";

/// As both stores spell them (<https://developer.chrome.com/docs/extensions/reference/api/i18n#locales>).
const LANGUAGES: [&str; 11] = ["ar", "de", ENGLISH, "es", "fr", "hi", "it", "ja", "ko", "pt_BR", "zh_CN"];

/// The most characters that the Chrome Web Store takes
/// (<https://developer.chrome.com/docs/extensions/reference/manifest/name> and `/description` beside it).
const STORE: [(&str, usize); 2] = [("ext_name", 75), ("ext_description", 132)];

/// What a person is to type, or sees typed, is the same in every language.
const LITERALS: [&str; 4] = ["{prompt}", "https://", "http://localhost", "\u{fffd}"];

/// Zero-width and directional characters: a browser sets the direction by the language, and names from elsewhere stand apart. (Joiners
/// are letters' business: Hindi needs them.)
const UNSEEN: [std::ops::RangeInclusive<char>; 6] = [
    '\u{61c}'..='\u{61c}',
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2066}'..='\u{2069}',
    '\u{feff}'..='\u{feff}',
];

/// Between these a parameter has a direction of its own, in a language from right to left and in no other.
const ISOLATES: [char; 2] = ['\u{2068}', '\u{2069}'];

/// How the keys begin of what is written into other places than our own pages and notices, to an assistant or into a receipt: nothing
/// that is not seen may stand in it.
const LEAVES: [&str; 3] = ["pack_", "receipt_", "page_masked"];

/// A label may take twice the room of English. Below this it always fits: two such buttons stand side by side in the popup, which is 360
/// pixels wide.
const LABEL: usize = 20;
/// A longer one fills the popup's line alone and breaks.
const LONGEST_LABEL: usize = 40;

/// The labels of buttons, beside those that begin with `action_`.
const BUTTONS: [&str; 33] = [
    "page_allow_typing",
    "page_cancel",
    "page_continue_in",
    "page_copy",
    "page_copy_and_open",
    "page_file_save",
    "page_forget",
    "page_forget_all",
    "page_forget_all_yes",
    "page_forget_log",
    "page_forget_no",
    "page_forget_yes",
    "page_history",
    "page_home_along",
    "page_home_not",
    "page_home_thread",
    "page_later",
    "page_later_off",
    "page_left_forget",
    "page_less",
    "page_more",
    "page_never",
    "page_never_undo",
    "page_older",
    "page_open_in",
    "page_options",
    "page_put_back",
    "page_put_back_into",
    "page_rather_copy",
    "page_receipt_csv",
    "page_receipt_json",
    "page_receipt_md",
    "page_selftest_look",
];

#[cfg(test)]
mod tests {
    use super::{
        BUTTONS, ENGLISH, Files, LANGUAGES, check, entries, faults, languages, message, messages, names, tags,
    };
    use crate::repo::Repo;

    const SMALL: &str = "{\n  \"a\": { \"message\": \"One $1\" },\n\n  \"b\": { \"message\": \"Two\" }\n}\n";

    /// What is found when a language's file has this text.
    fn found(text: &str) -> Vec<String> {
        faults(&Files::from([(ENGLISH.to_owned(), SMALL.to_owned()), ("xx".to_owned(), text.to_owned())]))
    }

    #[test]
    fn a_language_that_is_gone_or_misspelled_is_named() {
        let mut files: Files = LANGUAGES.iter().map(|locale| ((*locale).to_owned(), SMALL.to_owned())).collect();
        assert_eq!(languages(&files), [""; 0]);
        files.remove("pt_BR");
        files.insert("pt-BR".to_owned(), SMALL.to_owned());
        assert_eq!(languages(&files), ["pt_BR: the language is missing", "pt-BR: no such language is promised"]);
    }

    #[test]
    fn a_language_has_the_keys_of_english_and_no_other() {
        let line = |key: &str, word: &str| format!("\"{key}\": {{ \"message\": \"{word}\" }}");
        let file = |lines: &[String]| format!("{{\n{}\n}}", lines.join(",\n"));
        let (a, b) = (line("a", "Eins $1"), line("b", "Zwei"));
        assert_eq!(found(&file(&[a.clone(), b.clone()])), [""; 0]);
        assert_eq!(found(&file(std::slice::from_ref(&a))), ["xx: b is missing"]);
        assert_eq!(found(&file(&[a.clone(), b.clone(), line("c", "Drei")])), ["xx: c is not in en"]);
        let stray = |key: &str| [format!("xx: {key} stands twice, or not where en has it")];
        assert_eq!(found(&file(&[b.clone(), a.clone()])), stray("b"));
        assert_eq!(found(&file(&[a.clone(), b.clone(), line("b", "Drei")])), stray("b"));
        let more = "\"b\": { \"message\": \"Zwei\", \"placeholders\": { \"x\": { \"content\": \"$1\" } } }".to_owned();
        assert_eq!(found(&file(&[a, more])), ["xx: b: its placeholders are not those of en"]);
        assert!(found("{").len() == 1 && found("{")[0].starts_with("xx: EOF"), "{:?}", found("{"));
        assert_eq!(faults(&Files::new()), ["en: there are no messages to hold the others against"]);
    }

    #[test]
    fn a_language_names_itself_and_its_direction() {
        let named = |language: &str, direction: &str| {
            let text = format!(
                "{{\n\"ext_language\": {{ \"message\": \"{language}\" }},\n\"ext_direction\": {{ \"message\": \"{direction}\" }}\n}}"
            );
            tags("pt_BR", &messages(&text).unwrap())
        };
        assert_eq!(named("pt-BR", "ltr"), [""; 0]);
        assert_eq!(named("pt-BR", "rtl"), [""; 0]);
        assert_eq!(named("pt_BR", "ltr"), ["ext_language: pt_BR is not the folder's"]);
        assert_eq!(named("pt-BR", "auto"), ["ext_direction: it is ltr or rtl"]);
    }

    #[test]
    fn a_button_is_called_what_it_shows() {
        let wrong = |label: &str, name: &str| {
            let found =
                serde_json::json!({ "page_never": { "message": label }, "page_never_for": { "message": name } });
            names(found.as_object().unwrap())
        };
        assert_eq!(wrong("Nie", "Für $1 nie"), [""; 0]);
        let fault = "page_never_for: it does not hold what the button shows, page_never";
        assert_eq!(wrong("Wieder einfügen", "Wieder in $1 einfügen"), [fault]);
    }

    #[test]
    fn from_right_to_left_parameters_stand_apart_where_we_show_them_and_nowhere_else() {
        let wrong = |direction: &str, key: &str, text: &str| {
            let file =
                |text: &str| serde_json::json!({ "ext_direction": { "message": direction }, key: { "message": text } });
            let found = |text: &str| file(text).as_object().cloned().unwrap_or_default();
            entries(&found("$1 of $2"), &found(text)).join("; ")
        };
        let (apart, bare) = ("\u{2068}$1\u{2069} \u{645}\u{646} \u{2068}$2\u{2069}", "$1 \u{645}\u{646} $2");
        for key in ["page_a", "pack_a", "receipt_a", "page_masked"] {
            let shown = key == "page_a";
            assert_eq!(wrong("rtl", key, apart).is_empty(), shown, "{key}");
            assert_eq!(wrong("rtl", key, bare).is_empty(), !shown, "{key}");
            assert!(wrong("ltr", key, bare).is_empty() && !wrong("ltr", key, apart).is_empty(), "{key}");
        }
        assert_eq!(wrong("rtl", "page_a", "\u{2068}HTTP $1\u{2069} \u{645}\u{646} \u{2068}$2 %\u{2069}"), "");
        for half in ["\u{2068}$1 \u{645}\u{646} $2\u{2069}", "\u{2068}$1\u{2069} \u{645}\u{646} $2"] {
            let fault = "page_a: from right to left, each parameter stands between U+2068 and U+2069, and nothing else does but ASCII";
            assert_eq!(wrong("rtl", "page_a", half), fault);
        }
    }

    #[test]
    fn each_fault_of_a_message_is_found() {
        let parameters = "its parameters are not those of English";
        let dollar = "a $ is read in two ways: parameters are $1 to $9, with more than letters between them";
        let literal = "it does not keep what is to be typed as it is";
        let unseen = "it holds a character that is not seen, such as one that turns the direction of writing";
        for (english, text, fault) in [
            ("Yes", "", "it is empty"),
            ("Yes", "Ja ", "it begins or ends with a space"),
            ("From $1 to $2", "Ab $1", parameters),
            ("From $1", "Ab $2", parameters),
            ("$1 h, $2", "$1h$2", dollar),
            ("$1", "$10", dollar),
            ("Write {prompt} once.", "Einmal {Prompt}.", literal),
            ("Begins with https://", "Beginnt mit http://", literal),
            ("One or two", "Eins <b>oder</b> zwei", "it looks like HTML"),
            ("One or two", "Eins &amp; zwei", "it looks like HTML"),
            ("Yes", "\u{202e}Ja", unseen),
            ("Yes", "J\u{200b}a", unseen),
            ("One or two", "Eins\noder", unseen),
            ("Yes", &"Ja".repeat(14), "it is 28 wide and may be 26"),
            ("Yes", &"\u{306f}\u{3044}".repeat(7), "it is 28 wide and may be 26"),
        ] {
            assert_eq!(message("any", english, text), [fault], "{text}");
        }
        for (english, text) in [
            ("From $1 to $2", "Bis $2 ab $1"),
            ("$1", "$1 und $1"),
            ("\u{fffd}: $1", "\u{fffd}: $1"),
            ("Yes", "\u{939}\u{93e}\u{901}"),
        ] {
            assert_eq!(message("any", english, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn labels_and_what_the_store_shows_are_short() {
        let long = |key, english: &str, letters| message(key, &english.repeat(10), &"a".repeat(letters));
        for (key, english, most) in [("action_copy", "a", 20), ("page_forget", "ab", 40), ("action_copy", "abc", 40)] {
            assert_eq!(long(key, english, most), [""; 0]);
            let wide = format!("it is {} wide and may be {most}", most + 1);
            assert_eq!(long(key, english, most + 1), [wide]);
        }
        assert_eq!(long("action_copy", "abcde", 50), [""; 0], "as long as English");
        assert_eq!(long("ext_name", "abcdef", 76), ["it has 76 characters, the store takes 75"]);
        assert_eq!(long("ext_description", "abcdefghij", 133), ["it has 133 characters, the store takes 132"]);
    }

    #[test]
    fn the_languages_of_this_checkout_hold() {
        let repo = Repo::find().unwrap();
        assert_eq!(check(&repo).unwrap().err(), None);
        let english = std::fs::read_to_string(repo.root.join("extension/_locales/en/messages.json")).unwrap();
        let english = messages(&english).unwrap();
        let gone: Vec<_> = BUTTONS.iter().filter(|key| !english.contains_key(**key)).collect();
        assert!(gone.is_empty(), "no buttons any more: {gone:?}");
    }
}
