//! The rows of the catalogue, dated. State of knowledge: 2026-11; nothing here was tried on the live sites, and
//! `README.md` lists what to confirm before a release.
//!
//! [`CATALOGUE`] is what deciding needs, and is therefore in the background; [`ABOUT`] is what only pages and people read.

use super::Link::{Fills, Missing, Sends, Unsure};
use super::{About, Confidence, Editor, Feed, FeedKind, Login, Provider};

/// Claude itself, whose composer a saved prompt can be put back into: no fallback, and never offered as one. A plain composer stands
/// there before the live one: what it loses is written again.
pub static CLAUDE: Provider = Provider {
    id: "claude",
    name: "Claude",
    home: "https://claude.ai/new",
    editor: Some(Editor::ProseMirror),
    composer: "[data-testid=\"chat-input\"][contenteditable=\"true\"]\n.ProseMirror[role=\"textbox\"][contenteditable=\"true\"]",
    link: Missing,
    feed: None,
};

/// Every provider. The first [`super::DEFAULTS`] are offered by default, those that fill by a link without any permission
/// first; the others are there to be switched on.
pub const CATALOGUE: &[Provider] = &[
    Provider {
        id: "chatgpt",
        name: "ChatGPT",
        home: "https://chatgpt.com/",
        editor: Some(Editor::ProseMirror),
        composer: "form[data-chatgpt-composer] [data-composer-markdown][contenteditable=\"true\"]\n#prompt-textarea",
        // `?q=` may send by itself; `?prompt=` fills (seen once, 2026-08 and later). With login cookies long links get a 431.
        link: Fills("?prompt="),
        feed: Some(&Feed {
            kind: FeedKind::Summary,
            url: "https://status.openai.com/api/v2/summary.json",
            part: "Conversations",
        }),
    },
    Provider {
        id: "gemini",
        name: "Gemini",
        home: "https://gemini.google.com/app",
        editor: Some(Editor::Quill),
        composer: "rich-textarea .ql-editor[contenteditable=\"true\"]\ndiv.ql-editor.textarea",
        link: Missing,
        feed: Some(&Feed {
            kind: FeedKind::Google,
            url: "https://www.google.com/appsstatus/dashboard/incidents.json",
            part: "Gemini",
        }),
    },
    Provider {
        id: "mistral",
        name: "Mistral Le Chat",
        home: "https://chat.mistral.ai/chat",
        editor: Some(Editor::ProseMirror),
        composer: "div.ProseMirror[contenteditable=\"true\"]\nform [contenteditable=\"true\"]",
        // Firefox ships `?q=`; starlight-llm-actions says that there is none.
        link: Unsure,
        // Three reports, three kinds of page (2026-04, 2026-07, 2026-11): not read.
        feed: None,
    },
    Provider {
        id: "perplexity",
        name: "Perplexity",
        home: "https://www.perplexity.ai/",
        editor: Some(Editor::Lexical),
        composer: "#ask-input[contenteditable=\"true\"]\n[data-lexical-editor=\"true\"][role=\"textbox\"]",
        link: Sends,
        feed: Some(&Feed { kind: FeedKind::Summary, url: "https://status.perplexity.com/summary.json", part: "" }),
    },
    Provider {
        id: "deepseek",
        name: "DeepSeek",
        home: "https://chat.deepseek.com/",
        editor: Some(Editor::Textarea),
        composer: "textarea[placeholder='Message DeepSeek']\ntextarea[name=\"user query\"]\n\
                   textarea.ds-textarea__textarea\ntextarea#chat-input",
        // A dated list says that it fills (2026-08-29); starlight-llm-actions says that there is none.
        link: Unsure,
        feed: Some(&Feed { kind: FeedKind::Summary, url: "https://status.deepseek.com/api/v2/summary.json", part: "" }),
    },
    Provider {
        id: "grok",
        name: "Grok",
        home: "https://grok.com/",
        editor: Some(Editor::ProseMirror),
        composer: ".tiptap.ProseMirror[contenteditable='true']\ntextarea[aria-label=\"Ask Grok anything\"]",
        // A "Send this message?" dialog (2026-09, 2026-10); another report says that it often sends by itself.
        link: Unsure,
        feed: Some(&Feed { kind: FeedKind::Rss, url: "https://status.x.ai/feed.xml", part: "" }),
    },
    Provider {
        id: "ms-copilot",
        name: "Microsoft Copilot",
        home: "https://copilot.microsoft.com/",
        editor: Some(Editor::Textarea),
        composer: "textarea#userInput\ntextarea[data-testid=\"composer-input\"]",
        // `?q=` has not reached the composer since 2025-11.
        link: Missing,
        // status.cloud.microsoft has no documented feed.
        feed: None,
    },
    Provider {
        id: "meta",
        name: "Meta AI",
        home: "https://www.meta.ai/",
        editor: Some(Editor::Lexical),
        // A second report (2026-09) saw a plain input instead of the editor.
        composer: "[data-testid='composer-input'][contenteditable='true']\ninput[placeholder*=\"Ask Meta\"]",
        link: Unsure,
        feed: None,
    },
    Provider {
        id: "kimi",
        name: "Kimi",
        home: "https://www.kimi.com/",
        editor: Some(Editor::Lexical),
        composer: ".chat-input-editor[contenteditable=\"true\"]\n[data-lexical-editor=\"true\"][contenteditable=\"true\"]",
        // In public links of 2026-06; another list has `?prefill_prompt=`. It sends only with `&send_immediately=true`.
        link: Fills("https://kimi.com/_prefill_chat?prefill_prompt="),
        feed: Some(&Feed { kind: FeedKind::Summary, url: "https://status.moonshot.cn/api/v2/summary.json", part: "" }),
    },
    Provider {
        id: "qwen",
        name: "Qwen Chat",
        home: "https://chat.qwen.ai/",
        editor: Some(Editor::Textarea),
        composer: "textarea.message-input-textarea\n#chat-input",
        // `?q=` is ignored.
        link: Fills("?text="),
        feed: None,
    },
    Provider {
        id: "zai",
        name: "Z.ai",
        home: "https://chat.z.ai/",
        editor: Some(Editor::Textarea),
        // The second one is the structure, not an observation.
        composer: "textarea#chat-input\nform textarea",
        link: Sends,
        feed: None,
    },
    Provider {
        id: "duck",
        name: "Duck.ai",
        home: "https://duck.ai/",
        editor: Some(Editor::Textarea),
        composer: "textarea[name=\"user-prompt\"]\nform textarea",
        link: Sends,
        feed: None,
    },
    Provider {
        id: "poe",
        name: "Poe",
        home: "https://poe.com/",
        editor: Some(Editor::Textarea),
        composer: "textarea[class*=\"GrowingTextArea\"]\nfooter textarea",
        link: Missing,
        feed: None,
    },
    Provider {
        id: "t3",
        name: "T3 Chat",
        home: "https://t3.chat/new",
        editor: Some(Editor::Textarea),
        composer: "textarea#chat-input\nform textarea",
        link: Sends,
        feed: None,
    },
    Provider {
        id: "you",
        name: "You.com",
        home: "https://you.com/",
        editor: Some(Editor::Textarea),
        composer: "textarea#search-input-textarea\nform textarea",
        link: Sends,
        feed: None,
    },
    Provider {
        id: "aistudio",
        name: "Google AI Studio",
        home: "https://aistudio.google.com/prompts/new_chat",
        editor: Some(Editor::Textarea),
        composer: "textarea[aria-label=\"Enter a prompt\"]\ntextarea[placeholder=\"Start typing a prompt\"]\n\
                   ms-autosize-textarea textarea",
        // Announced on 2025-11-04, not documented; a source of 2026 says that it does not work.
        link: Unsure,
        feed: None,
    },
    // From here on without typing: the host permission would open far more than an assistant, or no composer is known.
    Provider {
        id: "huggingchat",
        name: "HuggingChat",
        home: "https://huggingface.co/chat/",
        editor: None,
        composer: "",
        // `?q=` sends; above 10,000 characters the app drops the prompt, and the edge answers 414 near 8,160 bytes.
        link: Fills("?prompt="),
        feed: None,
    },
    Provider {
        id: "github-copilot",
        name: "GitHub Copilot",
        home: "https://github.com/copilot",
        editor: None,
        composer: "",
        // Changelog of 2025-12-17; `q` does not work.
        link: Fills("?prompt="),
        feed: Some(&Feed {
            kind: FeedKind::Summary,
            url: "https://www.githubstatus.com/api/v2/summary.json",
            part: "Copilot",
        }),
    },
    Provider {
        id: "kagi",
        name: "Kagi Assistant",
        home: "https://kagi.com/assistant",
        editor: None,
        composer: "",
        // `?q=` sends; the edge answers 414 near 8,160 bytes.
        link: Fills("?qvalue="),
        feed: None,
    },
    Provider {
        id: "google-ai-mode",
        name: "Google AI Mode",
        home: "https://www.google.com/search?udm=50",
        editor: None,
        composer: "",
        link: Sends,
        feed: None,
    },
    Provider {
        id: "brave-ask",
        name: "Ask Brave",
        home: "https://search.brave.com/ask",
        editor: None,
        composer: "",
        link: Sends,
        feed: None,
    },
    Provider {
        id: "nanogpt",
        name: "NanoGPT",
        home: "https://nano-gpt.com/conversation/new",
        editor: None,
        composer: "",
        link: Sends,
        feed: None,
    },
    Provider { id: "v0", name: "v0", home: "https://v0.app/", editor: None, composer: "", link: Sends, feed: None },
    Provider {
        id: "scira",
        name: "Scira",
        home: "https://scira.ai/",
        editor: None,
        composer: "",
        link: Sends,
        feed: None,
    },
];

/// What is known of each row beside that, in the same order.
pub(super) const ABOUT: &[About] = &[
    about("chatgpt", "2026-09", Confidence::Sure, Login::Without, "https://chatgpt.com/?prompt=")
        .answers("[data-message-author-role=\"assistant\"]\n[data-turn=\"assistant\"]"),
    about("gemini", "2026-11", Confidence::Sure, Login::Varies, "")
        .answers("model-response message-content\nmodel-response"),
    about("mistral", "2026-09", Confidence::Once, Login::Varies, "https://chat.mistral.ai/chat?q=")
        .answers("[data-message-part-type=\"answer\"]\n[data-message-author-role=\"assistant\"]"),
    about("perplexity", "2026-03", Confidence::Sure, Login::Without, "https://www.perplexity.ai/search/new?q=")
        .answers("[id^=\"markdown-content-\"]\nmain .prose"),
    about("deepseek", "2026-11", Confidence::Once, Login::Needed, "https://chat.deepseek.com/?q=")
        .answers(".ds-assistant-message-main-content\n.ds-markdown"),
    about("grok", "2026-03", Confidence::Once, Login::Varies, "https://grok.com/?q=")
        .answers(".items-start .response-content-markdown\n.response-content-markdown"),
    about("ms-copilot", "2026-09", Confidence::Once, Login::Needed, "https://copilot.microsoft.com/?q=")
        .answers("[data-content=\"ai-message\"]\n[data-testid=\"ai-message-body\"]"),
    about("meta", "2026-11", Confidence::Conflict, Login::Needed, "https://www.meta.ai/?prompt="),
    about("kimi", "2026-11", Confidence::Once, Login::Needed, "https://kimi.com/_prefill_chat?prefill_prompt=")
        .answers(".markdown-container:not(.toolcall-content-text) > .markdown\n.segment-content"),
    about("qwen", "2026-09", Confidence::Once, Login::Varies, "https://chat.qwen.ai/?text=")
        .answers(".qwen-chat-message-assistant\n.markdown-content-container"),
    about("zai", "2026-02", Confidence::Once, Login::Varies, "https://chat.z.ai/?q=")
        .answers(".chat-assistant\n[class*=\"chat-assistant\"]"),
    about("duck", "2026-09", Confidence::Once, Login::Without, "https://duck.ai/?bang=true&prompt=1&q="),
    about("poe", "2026-09", Confidence::Once, Login::Needed, ""),
    about("t3", "2026-02", Confidence::Once, Login::Varies, "https://t3.chat/new?q="),
    about("you", "2026-09", Confidence::Unverified, Login::Varies, "https://you.com/search?q="),
    about(
        "aistudio",
        "2026-09",
        Confidence::Once,
        Login::Needed,
        "https://aistudio.google.com/prompts/new_chat?prompt=",
    ),
    about("huggingchat", "2026-09", Confidence::Sure, Login::Varies, "https://huggingface.co/chat/?prompt="),
    about("github-copilot", "2025-12", Confidence::Sure, Login::Needed, "https://github.com/copilot?prompt="),
    about("kagi", "2026-11", Confidence::Sure, Login::Needed, "https://kagi.com/assistant?qvalue="),
    about("google-ai-mode", "2026-09", Confidence::Once, Login::Without, "https://www.google.com/search?udm=50&q="),
    about("brave-ask", "2026-11", Confidence::Sure, Login::Without, "https://search.brave.com/ask?q="),
    about("nanogpt", "2026-11", Confidence::Sure, Login::Without, "https://nano-gpt.com/conversation/new?ask="),
    about("v0", "2026-11", Confidence::Once, Login::Varies, "https://v0.app/?q="),
    about("scira", "2026-11", Confidence::Once, Login::Varies, "https://scira.ai/?q="),
];

const fn about(
    id: &'static str,
    seen: &'static str,
    confidence: Confidence,
    login: Login,
    link: &'static str,
) -> About {
    About { id, seen, confidence, login, link, answer: "" }
}

impl About {
    /// The same, where it is known how its answers are marked (scripts of others that read them, 2026-09 to 2026-11).
    const fn answers(mut self, selectors: &'static str) -> Self {
        self.answer = selectors;
        self
    }
}
