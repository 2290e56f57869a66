//! The permission snapshot: nothing is asked for without a recorded reason, and no reason outlives its permission.

use super::Verdict;
use crate::build::Contents;
use crate::manifest::Browser;
use crate::repo::Repo;
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// `src/xtask/permissions.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    kind: String,
    value: String,
    browsers: Vec<String>,
    reason: String,
}

/// Compares the built manifest of a browser with the record.
pub fn check(repo: &Repo, browser: Browser, contents: &Contents) -> Result<Verdict> {
    let manifest: Value = serde_json::from_slice(contents.get("manifest.json").context("no manifest was built")?)?;
    Ok(compare(&record(repo)?, browser, &manifest))
}

/// Users read the same list in README.md: every value and every reason stands there.
pub fn readme(repo: &Repo) -> Result<Verdict> {
    let text = fs::read_to_string(repo.root.join("README.md")).context("README.md cannot be read")?;
    let missing: Vec<String> = record(repo)?
        .entry
        .into_iter()
        .filter(|entry| !text.contains(&format!("`{}`", entry.value)) || !text.contains(&entry.reason))
        .map(|entry| format!("{} {}", entry.kind, entry.value))
        .collect();
    Ok(if missing.is_empty() {
        Ok(String::new())
    } else {
        Err(format!("README.md does not give the recorded reason for {}", missing.join(", ")))
    })
}

fn record(repo: &Repo) -> Result<Record> {
    let text = fs::read_to_string(repo.root.join(RECORD)).with_context(|| format!("{RECORD} cannot be read"))?;
    toml::from_str(&text).with_context(|| format!("{RECORD} is not what it should be"))
}

fn compare(record: &Record, browser: Browser, manifest: &Value) -> Verdict {
    let asked = asked(manifest);
    let mut recorded = BTreeSet::new();
    let mut wrong = Vec::new();
    for entry in &record.entry {
        if entry.reason.trim().len() < A_SENTENCE {
            wrong.push(format!("{} {} has no reason in {RECORD}", entry.kind, entry.value));
        }
        if entry.browsers.iter().any(|name| name == browser.name()) {
            recorded.insert((entry.kind.as_str(), entry.value.as_str()));
        }
    }
    for (kind, value) in &asked {
        if !recorded.contains(&(kind.as_str(), value.as_str())) {
            wrong.push(format!(
                "the manifest asks for the {kind} {value}: record its reason in {RECORD}, or do without it"
            ));
        }
    }
    for (kind, value) in recorded {
        if !asked.contains(&(kind.to_owned(), value.to_owned())) {
            wrong.push(format!(
                "{RECORD} explains the {kind} {value}, which is no longer asked for: strike it out there"
            ));
        }
    }
    if wrong.is_empty() { Ok(format!("{} with their reasons", asked.len())) } else { Err(wrong.join("; ")) }
}

/// Everything in a manifest that reaches beyond the extension itself.
fn asked(manifest: &Value) -> BTreeSet<(String, String)> {
    let mut asked = BTreeSet::new();
    let mut add = |kind: &str, values: &Value| {
        for value in values.as_array().into_iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            asked.insert((kind.to_owned(), text));
        }
    };
    add("permission", &manifest["permissions"]);
    add("optional-permission", &manifest["optional_permissions"]);
    add("host", &manifest["host_permissions"]);
    add("optional-host", &manifest["optional_host_permissions"]);
    for script in manifest["content_scripts"].as_array().into_iter().flatten() {
        add("content-script", &script["matches"]);
    }
    for resource in manifest["web_accessible_resources"].as_array().into_iter().flatten() {
        add("web-accessible", &resource["resources"]);
    }
    for key in ["matches", "ids"] {
        add("outside-message", &manifest["externally_connectable"][key]);
    }
    let data = &manifest["browser_specific_settings"]["gecko"]["data_collection_permissions"];
    add("optional-data", &data["optional"]);
    let required =
        data["required"].as_array().into_iter().flatten().filter(|value| *value != "none").cloned().collect();
    add("data", &Value::Array(required));
    asked
}

const RECORD: &str = "src/xtask/permissions.toml";

/// Fewer bytes than this are not a reason.
const A_SENTENCE: usize = 20;

#[cfg(test)]
mod tests {
    use super::{Record, compare};
    use crate::manifest::Browser;
    use serde_json::{Value, json};

    fn record(reason: &str) -> Record {
        toml::from_str(&format!(
            "[[entry]]\nkind = 'permission'\nvalue = 'storage'\nbrowsers = ['chrome']\nreason = '{reason}'\n\
             [[entry]]\nkind = 'host'\nvalue = 'https://claude.ai/*'\nbrowsers = ['chrome', 'firefox']\n\
             reason = 'The one site that is watched.'\n"
        ))
        .unwrap()
    }

    fn manifest() -> Value {
        json!({ "permissions": ["storage"], "host_permissions": ["https://claude.ai/*"] })
    }

    const REASON: &str = "Keeps prompts on this machine.";

    #[test]
    fn what_is_recorded_passes() {
        assert!(compare(&record(REASON), Browser::Chrome, &manifest()).is_ok());
    }

    #[test]
    fn a_new_permission_fails_until_its_reason_is_recorded() {
        for (key, value, kind) in [
            ("permissions", json!(["storage", "tabs"]), "permission tabs"),
            ("optional_host_permissions", json!(["https://*/*"]), "optional-host https://*/*"),
            ("content_scripts", json!([{ "matches": ["<all_urls>"] }]), "content-script <all_urls>"),
            ("web_accessible_resources", json!([{ "resources": ["card.css"] }]), "web-accessible card.css"),
        ] {
            let mut manifest = manifest();
            manifest[key] = value;
            let wrong = compare(&record(REASON), Browser::Chrome, &manifest).unwrap_err();
            assert!(wrong.contains(kind), "{wrong}");
        }
    }

    #[test]
    fn a_reason_without_its_permission_fails() {
        let wrong = compare(&record(REASON), Browser::Chrome, &json!({ "permissions": ["storage"] })).unwrap_err();
        assert!(wrong.contains("no longer asked for"), "{wrong}");
    }

    #[test]
    fn browsers_are_told_apart_and_reasons_are_sentences() {
        let wrong = compare(&record(REASON), Browser::Firefox, &manifest()).unwrap_err();
        assert!(wrong.contains("the manifest asks for the permission storage"), "{wrong}");
        let wrong = compare(&record("needed"), Browser::Chrome, &manifest()).unwrap_err();
        assert!(wrong.contains("has no reason"), "{wrong}");
    }
}
