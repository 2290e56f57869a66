//! The hosts the extension may ask for, one match pattern per fallback site.

/// Every optional host permission, sorted.
pub fn optional_hosts() -> Vec<String> {
    let mut hosts: Vec<String> = HOSTS.iter().map(|host| format!("https://{host}/*")).collect();
    hosts.sort();
    hosts
}

const HOSTS: [&str; 7] = [
    "chatgpt.com",
    "gemini.google.com",
    "www.perplexity.ai",
    "chat.deepseek.com",
    "chat.mistral.ai",
    "grok.com",
    "copilot.microsoft.com",
];
