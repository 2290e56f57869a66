//! The catalogue of fallbacks as data, and the user's choice among them.
//!
//! State of knowledge: 2026-11. Addresses, link behaviour and selectors of live sites drift; every use is verified by
//! reading the composer back, and `README.md` lists what to confirm before a release.

use crate::handoff::encoded_len;
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

/// What a provider's prefill link does on arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It fills the composer and waits.
    Fills,
    /// It sends at once: never used by itself.
    Submits,
    /// Sources disagree: never used by itself.
    Unsure,
}

/// A provider's own prefill link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The link up to the percent-encoded prompt, which is appended.
    pub prefix: &'static str,
    /// What happens on arrival.
    pub arrival: Arrival,
    /// Bytes that the whole encoded URL may have. 6,000 is the working rule where a target's own cap is higher or
    /// disputed: servers and CDNs refuse long request lines well before browsers do (8 KB at several, less with cookies).
    pub budget: usize,
}

/// One web assistant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Our id, in settings and messages.
    pub id: &'static str,
    /// Its name as people know it.
    pub name: &'static str,
    /// The page with the composer.
    pub home: &'static str,
    /// The match pattern of the optional host permission.
    pub origin: &'static str,
    /// Its editor.
    pub editor: Editor,
    /// CSS selectors of the composer, newest first, at least two.
    pub composer: &'static [&'static str],
    /// Its prefill link.
    pub link: Option<Link>,
    /// When the selectors were last seen, year and month.
    pub seen: &'static str,
}

/// The id of the user's own template.
pub const CUSTOM: &str = "custom";

/// Bytes that an encoded URL for an unknown host may have: the smallest limit of common servers, with room for cookies.
pub const CUSTOM_BUDGET: usize = 2_000;

/// Every provider, in the order offered by default: those that fill by a link without any permission come first.
pub const CATALOGUE: &[Provider] = &[
    Provider {
        id: "chatgpt",
        name: "ChatGPT",
        home: "https://chatgpt.com/",
        origin: "https://chatgpt.com/*",
        editor: Editor::ProseMirror,
        composer: &[
            "form[data-chatgpt-composer] [data-composer-markdown][contenteditable=\"true\"]",
            "#prompt-textarea",
        ],
        // `?q=` may send by itself; `?prompt=` fills (seen once, 2026-08 and later).
        link: Some(Link { prefix: "https://chatgpt.com/?prompt=", arrival: Arrival::Fills, budget: 6_000 }),
        seen: "2026-09",
    },
    Provider {
        id: "gemini",
        name: "Gemini",
        home: "https://gemini.google.com/app",
        origin: "https://gemini.google.com/*",
        editor: Editor::Quill,
        composer: &["rich-textarea .ql-editor[contenteditable=\"true\"]", "div.ql-editor.textarea"],
        link: None,
        seen: "2026-11",
    },
    Provider {
        id: "mistral",
        name: "Mistral Le Chat",
        home: "https://chat.mistral.ai/chat",
        origin: "https://chat.mistral.ai/*",
        editor: Editor::ProseMirror,
        composer: &["div.ProseMirror[contenteditable=\"true\"]", "form [contenteditable=\"true\"]"],
        link: Some(Link { prefix: "https://chat.mistral.ai/chat?q=", arrival: Arrival::Unsure, budget: 6_000 }),
        seen: "2026-09",
    },
    Provider {
        id: "perplexity",
        name: "Perplexity",
        home: "https://www.perplexity.ai/",
        origin: "https://www.perplexity.ai/*",
        editor: Editor::Lexical,
        composer: &["#ask-input[contenteditable=\"true\"]", "[data-lexical-editor=\"true\"][role=\"textbox\"]"],
        link: Some(Link {
            prefix: "https://www.perplexity.ai/search/new?q=",
            arrival: Arrival::Submits,
            budget: 6_000,
        }),
        seen: "2026-03",
    },
    Provider {
        id: "deepseek",
        name: "DeepSeek",
        home: "https://chat.deepseek.com/",
        origin: "https://chat.deepseek.com/*",
        editor: Editor::Textarea,
        composer: &[
            "textarea[placeholder='Message DeepSeek']",
            "textarea[name=\"user query\"]",
            "textarea.ds-textarea__textarea",
            "textarea#chat-input",
        ],
        link: Some(Link { prefix: "https://chat.deepseek.com/?q=", arrival: Arrival::Unsure, budget: 6_000 }),
        seen: "2026-11",
    },
    Provider {
        id: "grok",
        name: "Grok",
        home: "https://grok.com/",
        origin: "https://grok.com/*",
        editor: Editor::ProseMirror,
        composer: &[".tiptap.ProseMirror[contenteditable='true']", "textarea[aria-label=\"Ask Grok anything\"]"],
        // A "Send this message?" dialog (2026-09); another report says that it often sends by itself.
        link: Some(Link { prefix: "https://grok.com/?q=", arrival: Arrival::Unsure, budget: 6_000 }),
        seen: "2026-03",
    },
    Provider {
        id: "ms-copilot",
        name: "Microsoft Copilot",
        home: "https://copilot.microsoft.com/",
        origin: "https://copilot.microsoft.com/*",
        editor: Editor::Textarea,
        composer: &["textarea#userInput", "textarea[data-testid=\"composer-input\"]"],
        // `?q=` has not reached the composer since 2025-11.
        link: None,
        seen: "2026-09",
    },
];

impl Provider {
    /// The origin itself: its pattern without `/*`.
    pub fn site(&self) -> &'static str {
        self.origin.strip_suffix("/*").unwrap_or(self.origin)
    }
}

/// The provider of an id.
pub fn find(id: &str) -> Option<&'static Provider> {
    CATALOGUE.iter().find(|provider| provider.id == id)
}

/// Every optional host permission, for the manifest.
pub fn origins() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|provider| provider.origin)
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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fallbacks: CATALOGUE.iter().map(|provider| provider.id.to_owned()).collect(),
            custom_url: String::new(),
            custom_name: String::new(),
            target: None,
            probes: true,
        }
    }
}

impl Settings {
    /// The text as it is stored.
    pub fn write(&self) -> String {
        self.written().finish()
    }

    pub(crate) fn written(&self) -> Writer {
        let mut json = Writer::new();
        json.texts("fallbacks", &self.fallbacks);
        json.text("customUrl", &self.custom_url);
        json.text("customName", &self.custom_name);
        if let Some(target) = self.target {
            json.number("target", target.into());
        }
        json.truth("probes", self.probes);
        json
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
        })
    }

    /// The settings with everything unusable taken out: unknown ids, repeats, a broken template.
    #[must_use]
    pub fn cleaned(mut self) -> Self {
        let mut seen: Vec<String> = Vec::new();
        self.custom_url = self.custom_url.trim().to_owned();
        if Template::parse(&self.custom_url).is_err() {
            self.custom_url.clear();
        }
        for id in self.fallbacks {
            let known = find(&id).is_some() || (id == CUSTOM && !self.custom_url.is_empty());
            if known && !seen.contains(&id) {
                seen.push(id);
            }
        }
        self.fallbacks = seen;
        self.custom_name = self.custom_name.trim().chars().take(40).collect();
        self.custom_name.truncate(self.custom_name.trim_end().len());
        self.target = self.target.filter(|target| *target <= 100_000);
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
    use super::{Arrival, CATALOGUE, CUSTOM, Settings, Template, TemplateError, find};
    use crate::json::Json;

    #[test]
    fn every_row_is_complete() {
        for provider in CATALOGUE {
            assert!(provider.home.starts_with("https://"), "{}", provider.id);
            let host = provider.home.split('/').nth(2).unwrap();
            assert_eq!(provider.origin, format!("https://{host}/*"), "{}", provider.id);
            assert!(provider.composer.len() >= 2, "{}: two anchors", provider.id);
            assert_eq!(provider.seen.len(), 7, "{}", provider.id);
            if let Some(link) = provider.link {
                assert!(link.prefix.starts_with(&format!("https://{host}/")) && link.prefix.ends_with('='));
                assert!(link.budget <= 8_000);
            }
            assert_eq!(find(provider.id).map(|found| found.name), Some(provider.name));
        }
        assert_eq!(find("chatgpt").and_then(|found| found.link).map(|link| link.arrival), Some(Arrival::Fills));
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
            fallbacks: ["gemini", "nobody", CUSTOM, "gemini"].map(str::to_owned).to_vec(),
            custom_url: "ftp://x/{prompt}".into(),
            custom_name: "  Mine ".into(),
            target: Some(100_001),
            probes: false,
        };
        let cleaned = settings.cleaned();
        assert_eq!(cleaned.target, None, "more than everything");
        assert_eq!(cleaned.fallbacks, ["gemini"]);
        assert_eq!((cleaned.custom_name.as_str(), cleaned.probes), ("Mine", false));
    }

    #[test]
    fn settings_of_an_older_version_ask_as_new_ones_do() {
        let read = |json: &str| Json::parse(json).and_then(Settings::read);
        let older = read(r#"{"fallbacks":["grok"],"customUrl":"","customName":""}"#).expect("settings");
        assert_eq!((older.fallbacks[0].as_str(), older.probes), ("grok", true));
        assert_eq!(read(&older.write()), Some(older));
        assert_eq!(read(r#"{"probes":false}"#).map(|read| read.probes), Some(false));
        assert_eq!(read("[]"), None);
    }
}
