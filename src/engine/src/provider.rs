//! The catalogue of fallbacks as data, and the user's choice among them.
//!
//! Addresses, link behaviour and selectors of live sites drift; every use is verified by reading the composer back.

mod catalogue;

pub use catalogue::{CATALOGUE, CLAUDE};

use crate::handoff::{encode, encoded_len};
use crate::json::{Json, Writer};
use crate::search::{before, cut};
use serde::Serialize;

/// The kind of editor behind a composer; it decides the technique (see [`crate::handoff::techniques`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Editor {
    /// `ProseMirror` and `TipTap`.
    ProseMirror,
    /// Quill 2.
    Quill,
    /// Lexical.
    Lexical,
    /// A textarea, controlled by a framework or not.
    Textarea,
}

/// A provider's own prefill link, as far as deciding needs it. Only one that is known to fill and wait is ever used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// None is known.
    Missing,
    /// It fills the composer and waits. The percent-encoded prompt is appended to this, and this to the provider's home
    /// unless it is a whole address.
    Fills(&'static str),
    /// It sends at once: never used by itself.
    Sends,
    /// Sources disagree: never used by itself.
    Unsure,
}

/// Where a provider says how it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its shape.
    pub kind: FeedKind,
    /// Its address.
    pub url: &'static str,
    /// The beginning of the name of the component or service that is the assistant; empty if the page is about nothing else,
    /// or its names are not known.
    pub part: &'static str,
}

/// The shape of a status feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedKind {
    /// A JSON summary: Statuspage, incident.io (which speaks Statuspage's form) and Instatus.
    Summary,
    /// Google's list of incidents.
    Google,
    /// RSS or Atom, where that is all.
    Rss,
}

/// One web assistant. What it takes to decide about it; the rest is [`About`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Our id, in settings and messages.
    pub id: &'static str,
    /// Its name as people know it.
    pub name: &'static str,
    /// The page with the composer.
    pub home: &'static str,
    /// Its editor; `None` if Understudy never types there.
    pub editor: Option<Editor>,
    /// CSS selectors of the composer, newest first, at least two, one a line.
    pub composer: &'static str,
    /// Its prefill link.
    pub link: Link,
    /// Its status feed, if it has one that can be read.
    pub feed: Option<&'static Feed>,
}

/// What only pages and people want to know of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The provider's id.
    pub id: &'static str,
    /// When its composer, or without one its link, was last seen: year and month.
    pub seen: &'static str,
    /// How well that is known.
    pub confidence: Confidence,
    /// Whether it wants an account.
    pub login: Login,
    /// Its prefill link up to the encoded prompt, whatever it does on arrival; empty for none.
    pub link: &'static str,
    /// CSS selectors of its answers, newest first, two, one a line; empty where none are known.
    pub answer: &'static str,
}

/// How well something is known. Nothing was tried on the live sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// Documentation, first-party code, or several recent observations.
    Sure,
    /// One recent observation.
    Once,
    /// Sources disagree.
    Conflict,
    /// Plausible, or old.
    Unverified,
}

/// Whether a provider wants an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// It does.
    Needed,
    /// It answers without one.
    Without,
    /// For some of it, or not known.
    Varies,
}

/// The id of the user's own template.
pub const CUSTOM: &str = "custom";

/// Bytes that an encoded URL for an unknown host may have: the smallest limit of common servers, with room for cookies.
pub const CUSTOM_BUDGET: usize = 2_000;

/// Bytes that the whole encoded URL of a provider's link may have: the working rule where a target's own cap is higher or
/// disputed, and every one is. Servers and CDNs refuse long request lines well before browsers do (8 KB at several, less with
/// cookies).
pub const LINK_BUDGET: usize = 6_000;

/// So many rows of the catalogue are offered before the user has chosen.
pub const DEFAULTS: usize = 7;

impl Provider {
    /// The origin of its page (`https://chatgpt.com`).
    pub fn origin(&self) -> &'static str {
        let slash = |at: &usize| self.home.as_bytes().get(*at) == Some(&b'/');
        let end = ("https://".len()..self.home.len()).find(slash).unwrap_or(self.home.len());
        self.home.get(..end).unwrap_or_default()
    }

    /// The match pattern of its optional host permission; `None` if Understudy never types there.
    pub fn pattern(&self) -> Option<String> {
        self.editor.map(|_| self.origin().to_owned() + "/*")
    }

    /// Its own link with this prompt, where it is known to fill and wait, and the encoded URL is within its budget.
    pub fn filling_link(&self, prompt: &str) -> Option<String> {
        let Link::Fills(link) = self.link else { return None };
        let home = if link.starts_with("https:") { "" } else { self.home };
        let fits = home.len() + link.len() + encoded_len(prompt) <= LINK_BUDGET;
        fits.then(|| home.to_owned() + link + &encode(prompt))
    }
}

/// The provider of an id, [`CLAUDE`] included.
pub fn find(id: &str) -> Option<&'static Provider> {
    CATALOGUE.iter().chain([&CLAUDE]).find(|provider| provider.id == id)
}

/// What else is known of a provider.
pub fn about(id: &str) -> Option<&'static About> {
    catalogue::ABOUT.iter().find(|about| about.id == id)
}

/// Every optional host permission, for the manifest.
pub fn origins() -> impl Iterator<Item = String> {
    CATALOGUE.iter().filter_map(Provider::pattern)
}

/// What the user set on the options page. Unknown fields of a newer version are dropped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Provider ids, the first one is the card's main button. Ids that are not listed are not offered.
    pub fallbacks: Vec<String>,
    /// A custom fallback: an https URL with `{prompt}` in it; empty for none.
    pub custom_url: String,
    /// Its name as shown.
    pub custom_name: String,
    /// The availability that the user's figures are held against, in thousandths of a per cent; `None` for the usual one
    /// (see [`crate::statistics::Target`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<u32>,
    /// Whether claude.ai may be asked from its own page whether it is back, while it fails.
    pub probes: bool,
    /// Whether another assistant is offered at the user's own usage limit, too.
    pub limits: bool,
    /// Providers that no prompt may ever go to: not offered anywhere, and refused if they are asked for all the same.
    pub never: Vec<String>,
    /// What goes along with a prompt: nothing (0, one click), so many turns of the conversation, or [`EVERYTHING`]. Where something
    /// is to go along, the handoff page shows it first.
    pub along: u32,
    /// Days for which a prompt is kept after Claude has answered it: one of [`KEPT`]. Others stay until the user deletes them.
    pub keep: u32,
}

/// What [`Settings::keep`] may be; the middle one is usual.
pub const KEPT: [u32; 3] = [1, 7, 30];

/// In [`Settings::along`]: the whole conversation.
pub const EVERYTHING: u32 = 1_000;

impl Default for Settings {
    fn default() -> Self {
        Self {
            fallbacks: CATALOGUE.iter().take(DEFAULTS).map(|provider| provider.id.to_owned()).collect(),
            custom_url: String::new(),
            custom_name: String::new(),
            target: None,
            probes: true,
            limits: true,
            never: Vec::new(),
            along: 0,
            keep: KEPT[1],
        }
    }
}

impl Settings {
    /// The text as it is stored.
    pub fn write(&self) -> String {
        let mut json = Writer::new();
        json.texts("fallbacks", &self.fallbacks);
        json.text("customUrl", &self.custom_url);
        json.text("customName", &self.custom_name);
        if let Some(target) = self.target {
            json.number("target", target.into());
        }
        json.truth("probes", self.probes);
        json.truth("limits", self.limits);
        json.texts("never", &self.never);
        json.number("along", self.along.into());
        json.number("keep", self.keep.into());
        json.finish()
    }

    /// Reads stored settings; what is missing has its default, `None` if it is no such object.
    pub fn read(mut json: Json) -> Option<Self> {
        let Json::Object(_) = json else { return None };
        let default = Self::default();
        Some(Self {
            fallbacks: json.take("fallbacks").texts().unwrap_or(default.fallbacks),
            custom_url: json.take("customUrl").text().unwrap_or_default(),
            custom_name: json.take("customName").text().unwrap_or_default(),
            target: json.take("target").number(),
            probes: json.take("probes").truth().unwrap_or(default.probes),
            limits: json.take("limits").truth().unwrap_or(default.limits),
            never: json.take("never").texts().unwrap_or_default(),
            along: json.take("along").number().unwrap_or_default(),
            keep: json.take("keep").number().unwrap_or(default.keep),
        })
    }

    /// The settings with everything unusable taken out: unknown ids, repeats, a broken template, and from the offers
    /// what must never be one.
    #[must_use]
    pub fn cleaned(mut self) -> Self {
        let mut seen: Vec<String> = Vec::new();
        self.custom_url = self.custom_url.trim().to_owned();
        if Template::parse(&self.custom_url).is_err() {
            self.custom_url.clear();
        }
        for id in self.fallbacks {
            let known = find(&id).is_some_and(|found| found.id != CLAUDE.id);
            let known = known || (id == CUSTOM && !self.custom_url.is_empty());
            if known && !seen.contains(&id) && !self.never.contains(&id) {
                seen.push(id);
            }
        }
        self.fallbacks = seen;
        self.custom_name = self.custom_name.trim().chars().take(40).collect();
        self.custom_name.truncate(self.custom_name.trim_end().len());
        self.target = self.target.filter(|target| *target <= 100_000);
        if !KEPT.contains(&self.keep) {
            self.keep = KEPT[1];
        }
        self
    }

    /// The name shown for a fallback.
    pub fn name_of(&self, id: &str) -> String {
        match find(id) {
            Some(provider) => provider.name.to_owned(),
            None if self.custom_name.is_empty() => Template::parse(&self.custom_url)
                .map_or_else(|_| CUSTOM.to_owned(), |template| template.host().to_owned()),
            None => self.custom_name.clone(),
        }
    }
}

/// A kind of address of the user's own: programs that take a prompt in a known place need their base address only. The stored
/// template is all that deciding knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// Any address, with `{prompt}` written by the user.
    Address,
    /// `Open WebUI`, which would send without `submit=false` (its own code and documentation).
    OpenWebUi,
    /// `LibreChat`, which fills (its documentation).
    LibreChat,
    /// The page of llama.cpp's server. The React version took it, the `SvelteKit` version dropped it (ggml-org/llama.cpp#16722):
    /// then the page opens empty, and the clipboard has the text.
    LlamaCpp,
}

impl Own {
    /// All of them, in the order of the options page.
    pub const ALL: [Self; 4] = [Self::Address, Self::OpenWebUi, Self::LibreChat, Self::LlamaCpp];

    /// The name in ids and message keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::OpenWebUi => "openwebui",
            Self::LibreChat => "librechat",
            Self::LlamaCpp => "llamacpp",
        }
    }

    const fn tail(self) -> &'static str {
        match self {
            Self::Address => "",
            Self::OpenWebUi => "/?q={prompt}&submit=false",
            Self::LibreChat => "/c/new?prompt={prompt}",
            Self::LlamaCpp => "/?q={prompt}",
        }
    }

    /// The template for what the user typed; empty for nothing.
    pub fn template(self, typed: &str) -> String {
        let typed = typed.trim();
        if typed.is_empty() || self == Self::Address {
            return typed.to_owned();
        }
        format!("{}{}", typed.trim_end_matches('/'), self.tail())
    }

    /// The kind of a template, and what the user typed for it.
    pub fn of(template: &str) -> (Self, &str) {
        let base = |own: Self| Some((own, template.strip_suffix(own.tail())?));
        // llama.cpp's form is everybody's; on this very machine it is most likely llama.cpp's.
        let here = || base(Self::LlamaCpp).filter(|_| template.starts_with("http://"));
        base(Self::OpenWebUi).or_else(|| base(Self::LibreChat)).or_else(here).unwrap_or((Self::Address, template))
    }
}

/// A checked custom URL template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template<'a> {
    before: &'a str,
    after: &'a str,
}

/// Why a custom URL template cannot be used; each has its sentence (`template_…`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// Neither https nor http on this very machine.
    NotHttps,
    /// No host before the first slash.
    NoHost,
    /// `{prompt}` is missing, or stands in the host, or is there twice.
    Placeholder,
}

impl TemplateError {
    /// The message key of its sentence.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NotHttps => "template_not_https",
            Self::NoHost => "template_no_host",
            Self::Placeholder => "template_placeholder",
        }
    }
}

impl<'a> Template<'a> {
    /// Checks a template such as `https://chat.example/?q={prompt}`.
    pub fn parse(template: &'a str) -> Result<Self, TemplateError> {
        let local = ["http://localhost", "http://127.0.0.1"]
            .iter()
            .any(|base| template.strip_prefix(base).is_some_and(|rest| rest.starts_with([':', '/'])));
        let rest = match template.strip_prefix("https://") {
            Some(rest) => rest,
            None if local => template.strip_prefix("http://").unwrap_or_default(),
            None => return Err(TemplateError::NotHttps),
        };
        let host = before(rest, b"/?#");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        if host.is_empty() || host.len() == rest.len() || !host.chars().all(plain) {
            return Err(if host.contains('{') { TemplateError::Placeholder } else { TemplateError::NoHost });
        }
        let (first, rest) = cut(template, "{prompt}").ok_or(TemplateError::Placeholder)?;
        let barred = |c: char| matches!(c, '<' | '>' | '"' | '{' | '}' | '\\' | '^' | '`');
        let whole = |part: &str| part.chars().all(|c| c.is_ascii_graphic() && !barred(c));
        if !whole(first) || !whole(rest) {
            return Err(TemplateError::Placeholder);
        }
        Ok(Self { before: first, after: rest })
    }

    /// The host, with its port.
    pub fn host(&self) -> &'a str {
        let rest = cut(self.before, "://").map_or("", |(_, rest)| rest);
        before(rest, b"/?#")
    }

    /// The site's first page, for the clipboard way.
    pub fn home(&self) -> String {
        let scheme = cut(self.before, "://").map_or("https", |(scheme, _)| scheme);
        [scheme, "://", self.host(), "/"].concat()
    }

    /// Bytes of the link for a prompt.
    pub fn len_for(&self, prompt: &str) -> usize {
        self.before.len() + encoded_len(prompt) + self.after.len()
    }

    /// The link for a prompt.
    pub fn url(&self, prompt: &str) -> String {
        [self.before, &crate::handoff::encode(prompt), self.after].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        CATALOGUE, CUSTOM, Confidence, DEFAULTS, LINK_BUDGET, Link, Login, Own, Settings, Template, TemplateError,
        about, catalogue, find,
    };
    use crate::json::Json;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_complete() {
        assert!(CATALOGUE.len() >= 20 && catalogue::ABOUT.len() == CATALOGUE.len());
        let ids: BTreeSet<&str> = CATALOGUE.iter().map(|provider| provider.id).collect();
        assert_eq!(ids.len(), CATALOGUE.len(), "no id twice");
        let names: BTreeSet<&str> = CATALOGUE.iter().map(|provider| provider.name).collect();
        assert_eq!(names.len(), CATALOGUE.len(), "no name twice");
        for (provider, known) in CATALOGUE.iter().zip(catalogue::ABOUT) {
            let id = provider.id;
            assert_eq!(about(id), Some(known), "the two tables are in the same order");
            assert_eq!(find(id), Some(provider));
            assert!(
                id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') && id != CUSTOM,
                "{id}"
            );
            assert!(!provider.name.is_empty() && provider.name.len() <= 40, "{id}");
            // The page, and the permission for it alone.
            let host = provider.home.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap();
            assert_eq!(provider.origin(), format!("https://{host}"), "{id}");
            let pattern = provider.editor.map(|_| format!("https://{host}/*"));
            assert_eq!(provider.pattern(), pattern, "{id}");
            // Two anchors where it types, none where it does not.
            let anchors: Vec<&str> = provider.composer.split('\n').filter(|css| !css.trim().is_empty()).collect();
            assert!(
                if provider.editor.is_some() { anchors.len() >= 2 } else { anchors.is_empty() },
                "{id}: {anchors:?}"
            );
            assert!(anchors.iter().all(|css| *css == css.trim()), "{id}: {anchors:?}");
            // Its answers are read where it types only, by two anchors.
            let answers: Vec<&str> = known.answer.split('\n').filter(|css| !css.is_empty()).collect();
            assert!(answers.is_empty() || (answers.len() == 2 && provider.editor.is_some()), "{id}: {answers:?}");
            assert!(answers.iter().all(|css| *css == css.trim()), "{id}: {answers:?}");
            // When it was seen, and what its link does.
            let (year, month) = known.seen.split_once('-').expect("year and month");
            assert!((2025..=2026).contains(&year.parse::<u16>().unwrap()), "{id}");
            assert!((1..=12).contains(&month.parse::<u8>().unwrap()) && month.len() == 2, "{id}");
            let link = provider.filling_link("a b");
            match provider.link {
                Link::Fills(_) => assert_eq!(link, Some(format!("{}a%20b", known.link)), "{id}"),
                Link::Sends | Link::Unsure => {
                    assert!(link.is_none() && known.link.starts_with("https://") && known.link.ends_with('='), "{id}");
                }
                Link::Missing => assert!(link.is_none(), "{id}"),
            }
            if let Some(feed) = provider.feed {
                assert!(
                    feed.url.starts_with("https://") && !feed.url.contains(['?', '#']),
                    "{id}: nothing is told there"
                );
            }
        }
        for confidence in [Confidence::Sure, Confidence::Once, Confidence::Conflict, Confidence::Unverified] {
            assert!(catalogue::ABOUT.iter().any(|about| about.confidence == confidence), "{confidence:?}");
        }
        for login in [Login::Needed, Login::Without, Login::Varies] {
            assert!(catalogue::ABOUT.iter().any(|about| about.login == login), "{login:?}");
        }
    }

    #[test]
    fn a_link_has_a_budget_in_encoded_bytes() {
        for provider in CATALOGUE {
            let Some(empty) = provider.filling_link("") else { continue };
            let room = LINK_BUDGET - empty.len();
            let whole = provider.filling_link(&"x".repeat(room)).expect("it fits");
            assert_eq!(whole.len(), LINK_BUDGET, "{}", provider.id);
            assert_eq!(provider.filling_link(&"x".repeat(room + 1)), None, "{}", provider.id);
            // A character of another script is nine bytes.
            assert_eq!(provider.filling_link(&"漢".repeat(room / 9 + 1)), None, "{}", provider.id);
        }
    }

    #[test]
    fn the_seven_that_are_offered_by_default_come_first() {
        let offered = ["chatgpt", "gemini", "mistral", "perplexity", "deepseek", "grok", "ms-copilot"];
        assert_eq!(Settings::default().fallbacks, offered);
        assert_eq!(DEFAULTS, offered.len());
    }

    #[test]
    fn what_is_never_to_be_offered_is_taken_out() {
        let settings = Settings { never: vec!["gemini".into(), CUSTOM.into()], ..Settings::default() };
        let cleaned = settings.cleaned();
        assert!(!cleaned.fallbacks.iter().any(|id| id == "gemini") && cleaned.fallbacks.len() == DEFAULTS - 1);
        let read = crate::json::Json::parse(&cleaned.write()).and_then(Settings::read);
        assert_eq!(read, Some(cleaned), "both lists are stored");
        let old = crate::json::Json::parse(r#"{"fallbacks":["grok"]}"#).and_then(Settings::read).unwrap();
        assert_eq!((old.fallbacks.len(), old.never.len()), (1, 0), "settings of an older version have no such list");
    }

    #[test]
    fn a_program_of_ones_own_needs_its_address_only() {
        for (own, typed, template) in [
            (Own::OpenWebUi, "http://localhost:3000", "http://localhost:3000/?q={prompt}&submit=false"),
            (Own::OpenWebUi, " https://ai.example/ ", "https://ai.example/?q={prompt}&submit=false"),
            (Own::LibreChat, "https://chat.example//", "https://chat.example/c/new?prompt={prompt}"),
            (Own::LlamaCpp, "http://127.0.0.1:8080/", "http://127.0.0.1:8080/?q={prompt}"),
            (Own::Address, "https://chat.example/a?p={prompt}", "https://chat.example/a?p={prompt}"),
        ] {
            assert_eq!(own.template(typed), template);
            assert!(Template::parse(template).is_ok(), "{template}");
            let (of, base) = Own::of(template);
            assert_eq!((of, own.template(base)), (own, template.to_owned()), "and is recognised by it");
        }
        assert_eq!(Own::of("https://chat.example/?q={prompt}").0, Own::Address, "anybody's address may look like that");
        for own in Own::ALL {
            assert_eq!(own.template("  "), "", "nothing is made of nothing");
            assert!(Template::parse(&own.template("http://192.168.1.5:3000")).is_err(), "https beyond this machine");
        }
    }

    #[test]
    fn templates_are_checked() {
        assert!(Template::parse("https://chat.example/?q={prompt}").is_ok());
        assert!(Template::parse("http://localhost:3000/?q={prompt}&submit=false").is_ok());
        assert_eq!(Template::parse("http://chat.example/?q={prompt}"), Err(TemplateError::NotHttps));
        assert_eq!(Template::parse("http://localhost.evil.example/?q={prompt}"), Err(TemplateError::NotHttps));
        assert_eq!(Template::parse("javascript:alert({prompt})"), Err(TemplateError::NotHttps));
        assert_eq!(Template::parse("https://chat.example/"), Err(TemplateError::Placeholder));
        assert_eq!(Template::parse("https://{prompt}.example/"), Err(TemplateError::Placeholder));
        assert_eq!(Template::parse("https://a@b.example/{prompt}"), Err(TemplateError::NoHost));
        assert_eq!(Template::parse("https://chat.example/{prompt}{prompt}"), Err(TemplateError::Placeholder));
        let template = Template::parse("https://chat.example/a?q={prompt}&x=1").unwrap();
        assert_eq!(template.url("a b&c"), "https://chat.example/a?q=a%20b%26c&x=1");
        assert_eq!(template.home(), "https://chat.example/");
    }

    #[test]
    fn settings_survive_the_store() {
        for target in [None, Some(99_900)] {
            let settings = Settings { target, custom_name: "Mine".into(), ..Settings::default() };
            let read = Json::parse(&settings.write()).and_then(Settings::read);
            assert_eq!(read, Some(settings));
        }
    }

    #[test]
    fn settings_are_cleaned() {
        let settings = Settings {
            fallbacks: ["gemini", "nobody", CUSTOM, "claude", "gemini"].map(str::to_owned).to_vec(),
            custom_url: "ftp://x/{prompt}".into(),
            custom_name: "  Mine ".into(),
            target: Some(100_001),
            probes: false,
            keep: 0,
            ..Settings::default()
        };
        let cleaned = settings.cleaned();
        assert_eq!(cleaned.target, None, "more than everything");
        assert_eq!(cleaned.keep, 7, "no such choice");
        assert_eq!(cleaned.fallbacks, ["gemini"]);
        assert_eq!((cleaned.custom_name.as_str(), cleaned.probes), ("Mine", false));
    }

    #[test]
    fn settings_of_an_older_version_ask_as_new_ones_do() {
        let read = |json: &str| Json::parse(json).and_then(Settings::read);
        let older = read(r#"{"fallbacks":["grok"],"customUrl":"","customName":""}"#).expect("settings");
        assert_eq!((older.fallbacks[0].as_str(), older.probes, older.limits), ("grok", true, true));
        assert_eq!(read(&older.write()), Some(older));
        assert_eq!(read(r#"{"probes":false}"#).map(|read| read.probes), Some(false));
        assert_eq!(read("[]"), None);
    }
}
