//! The repository's own rules, held by reading its files: each rule names the file and line that breaks it.

use super::Verdict;
use crate::repo::Repo;
use anyhow::Result;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One rule and what breaks it.
pub struct Rule {
    pub name: &'static str,
    /// How many files or entries the rule looked at; a rule that looks at nothing holds nothing.
    looked_at: usize,
    broken: Vec<String>,
}

impl Rule {
    pub fn verdict(self) -> Verdict {
        if !self.broken.is_empty() {
            return Err(self.broken.join("\n       "));
        }
        if self.looked_at == 0 { Err("there was nothing to look at".to_owned()) } else { Ok(String::new()) }
    }
}

/// Text files of the checkout by path.
type Sources = BTreeMap<String, String>;

/// Every rule, applied.
pub fn rules(repo: &Repo) -> Result<Vec<Rule>> {
    let mut sources = Sources::new();
    read(&repo.root, "", &mut sources)?;
    Ok(apply(&sources))
}

fn apply(sources: &Sources) -> Vec<Rule> {
    vec![
        top_level(sources),
        crates(sources),
        small_wasm_files(sources),
        lines(sources, "shipped scripts build no page from text and run no text", |path, line| {
            let words = [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "new Function",
                "importScripts",
            ];
            find(path.starts_with("extension/") && (ends(path, "js") || ends(path, "html")), line, &words)
        }),
        lines(sources, "shipped scripts log nothing and know one namespace", |path, line| {
            // Our own page may tell its developer tools that wasm broke; nothing a person wrote is in such an error.
            let told = path == "extension/pages.js" && line.contains("console.error(");
            let word =
                find(path.starts_with("extension/") && ends(path, "js") && !told, line, &["console.", "chrome."]);
            word.filter(|word| stands_alone(line, word))
        }),
        lines(sources, "nothing shipped writes into a log", |path, line| {
            let words =
                ["console::log", "console::info", "console::debug", "console::warn", "println!", "eprintln!", "dbg!"];
            find(shipped(path) && !comment(line), line, &words)
        }),
        lines(sources, "what a person wrote is revealed only where it is used", |path, line| {
            let words = ["panic!", "assert", "expect(", "iagnos", "throw_str", "Error::new"];
            find(shipped(path) && line.contains(".reveal()"), line, &words)
        }),
        lines(sources, "what a person wrote has no Display", |path, line| {
            find(shipped(path), line, &["Display for UserText"])
        }),
        lines(sources, "browsers are told apart in src/browser only", |path, line| {
            let elsewhere = (path.starts_with("extension/") || shipped(path)) && !path.starts_with("src/browser/");
            find(elsewhere, line, &["userAgent", "user_agent("])
        }),
        lines(sources, "fallback sites are known to the provider data only", |path, line| {
            let elsewhere =
                (path.starts_with("extension/") || shipped(path)) && !path.starts_with("src/engine/src/provider");
            find(elsewhere && !comment(line), line, &hosts())
        }),
        lines(sources, "nothing is left to do", |path, line| {
            let code = ends(path, "rs") || ends(path, "js") || ends(path, "mjs");
            find(
                code && !path.starts_with("src/xtask/src/check/"),
                line,
                &["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("],
            )
        }),
        one_version(sources),
    ]
}

/// The top level holds what the architecture names and nothing else.
fn top_level(sources: &Sources) -> Rule {
    let mut tops: Vec<&str> = sources.keys().map(|path| path.split('/').next().unwrap_or(path)).collect();
    tops.dedup();
    let broken = tops
        .iter()
        .filter(|top| !TOP.contains(top))
        .map(|top| format!("{top} does not belong at the top level; src/README.md says what does"))
        .collect();
    Rule { name: "the top level is as the architecture says", looked_at: tops.len(), broken }
}

/// Every crate takes the workspace's lints and opens with what it is for.
fn crates(sources: &Sources) -> Rule {
    let mut broken = Vec::new();
    let mut looked_at = 0;
    for (path, text) in sources.iter().filter(|(path, _)| path.ends_with("/Cargo.toml")) {
        // A workspace of its own that nothing else needs: its programs are a line each.
        if path == FUZZ && text.contains("\n[workspace]\n") {
            continue;
        }
        let folder = path.trim_end_matches("Cargo.toml");
        looked_at += 1;
        if !CRATES.contains(&folder) {
            broken.push(format!("{path}: the architecture knows no such crate"));
        }
        if !text.contains("[lints]\nworkspace = true") {
            broken.push(format!("{path}: it must take the workspace's lints"));
        }
        let roots = [format!("{folder}src/lib.rs"), format!("{folder}src/main.rs")];
        let roots: Vec<_> = roots.iter().filter_map(|root| sources.get_key_value(root)).collect();
        for (root, text) in &roots {
            if !text.starts_with("//!") {
                broken.push(format!("{root}: it must begin with what the crate is for"));
            }
        }
        if roots.is_empty() {
            broken.push(format!("{path}: the crate has neither src/lib.rs nor src/main.rs"));
        }
    }
    Rule { name: "every crate is as the architecture says", looked_at, broken }
}

/// Files that speak to the browser stay small enough to be read whole; what decides belongs in the engine.
fn small_wasm_files(sources: &Sources) -> Rule {
    let files: Vec<_> = sources
        .iter()
        .filter(|(path, _)| SHIPPED[1..].iter().any(|name| path.starts_with(name)) && ends(path, "rs"))
        .collect();
    let broken = files
        .iter()
        .map(|(path, text)| (path, text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()))
        .filter(|(_, lines)| *lines > WASM_LINES)
        .map(|(path, lines)| {
            format!(
                "{path} has {lines} lines before its tests; a file that speaks to the browser has at most {WASM_LINES}"
            )
        })
        .collect();
    Rule { name: "files that speak to the browser are small", looked_at: files.len(), broken }
}

/// The generator of the bindings and the library they bind are of one version.
fn one_version(sources: &Sources) -> Rule {
    let lock = sources.get("Cargo.lock").map_or("", String::as_str);
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        rest.split('"').next()
    };
    let (library, generator) = (version("wasm-bindgen"), version("wasm-bindgen-cli-support"));
    let broken = if library.is_some() && library == generator {
        Vec::new()
    } else {
        vec![format!("Cargo.lock holds wasm-bindgen {library:?} and wasm-bindgen-cli-support {generator:?}")]
    };
    Rule { name: "wasm-bindgen has one version", looked_at: lock.len(), broken }
}

/// A rule about single lines: `find` returns the word that must not stand in this line.
fn lines(sources: &Sources, name: &'static str, find: impl Fn(&str, &str) -> Option<&'static str>) -> Rule {
    let mut broken = Vec::new();
    for (path, text) in sources {
        for (index, line) in text.lines().enumerate() {
            // Tests stand at the bottom; they may name what the product may not.
            if line.starts_with("#[cfg(test)]") {
                break;
            }
            if let Some(word) = find(path, line) {
                broken.push(format!("{path}:{}: `{word}` must not stand here", index + 1));
            }
        }
    }
    Rule { name, looked_at: sources.len(), broken }
}

fn read(folder: &Path, prefix: &str, sources: &mut Sources) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if IGNORED.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{path}/"), sources)?;
        } else {
            // A picture is listed with no text.
            sources.insert(path, fs::read_to_string(entry.path()).unwrap_or_default());
        }
    }
    Ok(())
}

fn ends(path: &str, suffix: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == suffix)
}

/// The first of `words` in a line of a file that the rule is about.
fn find(applies: bool, line: &str, words: &[&'static str]) -> Option<&'static str> {
    if applies { words.iter().copied().find(|word| line.contains(word)) } else { None }
}

/// Rust that ends up in the extension.
fn shipped(path: &str) -> bool {
    ends(path, "rs") && SHIPPED.iter().any(|folder| path.starts_with(folder))
}

fn comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// Whether `word` stands in the line by itself, not as the end of a longer name.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(|before: char| before.is_alphanumeric() || "_$.-".contains(before)))
}

/// The host of every provider of the catalogue.
fn hosts() -> Vec<&'static str> {
    understudy_engine::provider::CATALOGUE
        .iter()
        .filter_map(|provider| provider.origin().strip_prefix("https://"))
        .collect()
}

const TOP: [&str; 15] = [
    ".cargo",
    ".ci",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "extension",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "src",
    "tests",
    "www",
];

const CRATES: [&str; 10] = [
    "src/background/",
    "src/browser/",
    "src/chat/",
    "src/cli/",
    "src/engine/",
    "src/lab/",
    "src/pages/",
    "src/site/",
    "src/xtask/",
    "tests/",
];

/// The fuzz targets of the engine.
const FUZZ: &str = "src/engine/fuzz/Cargo.toml";

/// Rust that ends up in the extension or in the website; all but the first speak to the browser.
const SHIPPED: [&str; 5] =
    ["src/engine/src/", "src/browser/src/", "src/background/src/", "src/pages/src/", "src/site/src/"];

/// Not part of the repository.
const IGNORED: [&str; 6] = [".git", "target", "dist", "node_modules", "artifacts", ".DS_Store"];

/// One handle and few coarse calls: a longer file has begun to decide things.
const WASM_LINES: usize = 300;

#[cfg(test)]
mod tests {
    use super::{Sources, apply};

    /// The rules that a file with this text breaks.
    fn broken_by(path: &str, text: &str) -> Vec<&'static str> {
        // The last one wins: the file under test stands in for one of the good ones.
        let sources = Sources::from([
            ("Cargo.lock".to_owned(), LOCK.to_owned()),
            ("src/cli/Cargo.toml".to_owned(), "[lints]\nworkspace = true\n".to_owned()),
            ("src/cli/src/main.rs".to_owned(), "//! A tool.\n".to_owned()),
            ("src/pages/src/tree.rs".to_owned(), "//! A tree.\n".to_owned()),
            (path.to_owned(), text.to_owned()),
        ]);
        apply(&sources).into_iter().filter(|rule| !rule.broken.is_empty()).map(|rule| rule.name).collect()
    }

    const LOCK: &str = "name = \"wasm-bindgen\"\nversion = \"0.2.130\"\n\
                        name = \"wasm-bindgen-cli-support\"\nversion = \"0.2.130\"\n";

    #[test]
    fn each_rule_can_fail() {
        let long = "//! Long.\n".repeat(301);
        for (path, text, rule) in [
            ("notes.md", "", "the top level is as the architecture says"),
            ("src/cli/Cargo.toml", "[package]", "every crate is as the architecture says"),
            ("src/helper/Cargo.toml", "[lints]\nworkspace = true", "every crate is as the architecture says"),
            ("src/engine/fuzz/Cargo.toml", "[package]", "every crate is as the architecture says"),
            ("src/pages/src/popup.rs", &long, "files that speak to the browser are small"),
            (
                "extension/bridge.js",
                "card.innerHTML = text;",
                "shipped scripts build no page from text and run no text",
            ),
            ("extension/bridge.js", "chrome.runtime.id", "shipped scripts log nothing and know one namespace"),
            ("src/background/src/lib.rs", "  console::log_1(&x);", "nothing shipped writes into a log"),
            (
                "src/pages/src/popup.rs",
                "panic!(\"{}\", t.reveal());",
                "what a person wrote is revealed only where it is used",
            ),
            ("src/engine/src/text.rs", "impl fmt::Display for UserText {", "what a person wrote has no Display"),
            ("extension/fill.js", "if (navigator.userAgent) {}", "browsers are told apart in src/browser only"),
            (
                "src/pages/src/popup.rs",
                "let x = \"https://chatgpt.com/\";",
                "fallback sites are known to the provider data only",
            ),
            ("src/lab/src/lib.rs", "// TODO later", "nothing is left to do"),
            ("Cargo.lock", "name = \"wasm-bindgen\"\nversion = \"0.2.131\"\n", "wasm-bindgen has one version"),
        ] {
            assert_eq!(broken_by(path, text), [rule], "{path}: {text}");
        }
    }

    #[test]
    fn what_is_allowed_breaks_nothing() {
        for (path, text) in [
            ("extension/pages.js", "console.error(error);"),
            ("src/engine/fuzz/Cargo.toml", "[package]\n\n[workspace]\n"),
            ("extension/bridge.js", "browser.runtime.id; node.textContent = text;"),
            ("src/engine/src/provider.rs", "origin: \"https://chatgpt.com/*\","),
            ("src/pages/src/popup.rs", "// like chatgpt.com\nfield.set_value(text.reveal());"),
            ("src/pages/src/popup.rs", "fn a() {}\n#[cfg(test)]\nmod tests { println!(\"chatgpt.com\"); }"),
        ] {
            assert_eq!(broken_by(path, text), [""; 0], "{path}: {text}");
        }
    }
}
