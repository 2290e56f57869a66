//! What the store would say: Mozilla's linter with nothing to report.

use super::Verdict;
use crate::manifest::Browser;
use crate::repo::Repo;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::process::{Command, Stdio};

#[derive(Deserialize)]
struct Report {
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
    notices: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    code: String,
    message: String,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    line: Option<u32>,
}

/// Lints the unpacked folder of a browser.
pub fn lint(repo: &Repo, browser: Browser) -> Result<Verdict> {
    let mut command = Command::new("node");
    command.arg(repo.sites().join("node_modules/addons-linter/bin/addons-linter")).args(["--output", "json"]);
    if browser == Browser::Chrome {
        // Without it the linter, which speaks for Firefox, takes the service worker itself for an error.
        command.arg("--enable-background-service-worker");
    }
    let output = command.arg(repo.dist().join(browser.name())).stdin(Stdio::null()).output()?;
    let report: Report = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("addons-linter did not report: {}", String::from_utf8_lossy(&output.stderr).trim()))?;
    Ok(verdict(&report, browser))
}

/// What the linter says of Chrome's package because it knows Firefox's permissions alone.
fn is_chromes_own(message: &Finding) -> bool {
    message.code == "MANIFEST_PERMISSIONS" && message.message.contains("\"sidePanel\"")
}

fn verdict(report: &Report, browser: Browser) -> Verdict {
    let kinds = [("error", &report.errors), ("warning", &report.warnings), ("notice", &report.notices)];
    let lines: Vec<String> = kinds
        .into_iter()
        .flat_map(|(kind, messages)| messages.iter().map(move |message| (kind, message)))
        .filter(|(_, message)| browser == Browser::Firefox || !is_chromes_own(message))
        .map(|(kind, message)| {
            let file = message.file.as_deref().unwrap_or("the package");
            let line = message.line.map(|line| format!(":{line}")).unwrap_or_default();
            format!("\n       {kind} {} in {file}{line}: {}", message.code, message.message)
        })
        .collect();
    if lines.is_empty() { Ok("0 errors, 0 warnings, 0 notices".to_owned()) } else { Err(lines.concat()) }
}

#[cfg(test)]
mod tests {
    use super::{Report, verdict};
    use crate::manifest::Browser;

    #[test]
    fn a_notice_is_enough_to_fail() {
        let report = |notices| -> Report {
            serde_json::from_str(&format!(r#"{{ "errors": [], "warnings": [], "notices": {notices} }}"#)).unwrap()
        };
        let verdict = |report: &Report| verdict(report, Browser::Chrome);
        assert!(verdict(&report("[]")).is_ok());
        let notice = r#"[{ "code": "ODD", "message": "odd thing", "file": "tap.js", "line": 3 }]"#;
        assert!(verdict(&report(notice)).unwrap_err().contains("notice ODD in tap.js:3: odd thing"));
    }

    #[test]
    fn chromes_own_permission_is_no_fault_of_chromes_package_alone() {
        let finding =
            r#"{ "code": "MANIFEST_PERMISSIONS", "message": "/permissions: Invalid permissions \"sidePanel\" at 5." }"#;
        let report: Report =
            serde_json::from_str(&format!(r#"{{ "errors": [], "warnings": [{finding}], "notices": [] }}"#)).unwrap();
        assert!(verdict(&report, Browser::Chrome).is_ok() && verdict(&report, Browser::Firefox).is_err());
    }
}
