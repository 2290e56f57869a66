//! One manifest source, patched per browser; each exception carries its reason.

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

/// A family of browsers the extension is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// Chrome, Edge, Brave, Opera.
    Chrome,
    /// Firefox on the desktop and on Android.
    Firefox,
}

impl Browser {
    /// Both, always.
    pub const ALL: [Self; 2] = [Self::Chrome, Self::Firefox];

    /// The name of its folder in `dist`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chrome => "chrome",
            Self::Firefox => "firefox",
        }
    }
}

/// The manifest of one browser from the common source text.
pub fn manifest(source: &str, browser: Browser, version: &str, optional_hosts: &[String]) -> Result<Value> {
    let mut manifest: Map<String, Value> =
        serde_json::from_str(source).context("extension/manifest.json is not a JSON object")?;
    let added = patch(browser, version, optional_hosts);
    for (key, value) in added {
        ensure!(
            manifest.get(key).is_none_or(|old| *old == value || key == "version"),
            "extension/manifest.json sets \"{key}\", which src/xtask/src/manifest.rs sets too: remove it there"
        );
        manifest.insert(key.to_owned(), value);
    }
    for permission in permissions(browser) {
        let asked = manifest.entry("permissions").or_insert_with(|| json!([]));
        asked.as_array_mut().context("\"permissions\" is no list")?.push(json!(permission));
    }
    Ok(Value::Object(manifest))
}

/// Permissions that one browser alone is asked for.
fn permissions(browser: Browser) -> &'static [&'static str] {
    match browser {
        // `storage.local` holds 10 MB without it: a hundred prompts of 100 KB. It brings no warning at installation
        // (https://developer.chrome.com/docs/extensions/reference/permissions-list).
        //
        // `sidePanel` lets the popup open the panel; it brings none either.
        Browser::Chrome => &["unlimitedStorage", "sidePanel"],
        // There it holds what IndexedDB does, a part of the disk
        // (https://developer.mozilla.org/docs/Mozilla/Add-ons/WebExtensions/API/storage/local); and Firefox for Android does show a
        // line for it at installation, Firefox on the desktop none.
        Browser::Firefox => &[],
    }
}

/// What is not the same everywhere, and what is not written by hand.
fn patch(browser: Browser, version: &str, optional_hosts: &[String]) -> Vec<(&'static str, Value)> {
    let mut added = vec![
        // 0.0.0 in the source: the version is written once, in the workspace's Cargo.toml.
        ("version", json!(version)),
        ("commands", commands(browser)),
        // The catalogue of fallbacks is the engine's data; the manifest follows it.
        ("optional_host_permissions", json!(optional_hosts)),
        (
            // For Firefox; in both packages, because the linter reads both by the same rules. Chrome passes over the key
            // without a warning (Chromium 156).
            "browser_specific_settings",
            json!({
                "gecko": {
                    // A version 3 add-on must name its id to be signed.
                    "id": "understudy@understudy.example",
                    // The oldest supported ESR; `data_collection_permissions` is understood from here on.
                    "strict_min_version": "140.0",
                    // Mandatory for new add-ons. Nothing is collected by itself; a handoff takes page content and what
                    // the person wrote to the provider they clicked, and asks for these two then.
                    "data_collection_permissions": {
                        "required": ["none"],
                        "optional": ["websiteContent", "personalCommunications"],
                    },
                },
                // Android understands `data_collection_permissions` two versions later.
                "gecko_android": { "strict_min_version": "142.0" },
            }),
        ),
    ];
    match browser {
        Browser::Chrome => added.extend([
            // Chrome runs a service worker and knows nothing else in manifest version 3.
            ("background", json!({ "service_worker": "background.js", "type": "module" })),
            // The first version with promise-returning `browser.*` in every context.
            ("minimum_chrome_version", json!("148")),
            ("side_panel", json!({ "default_path": PANEL })),
        ]),
        // Firefox has no extension service worker: an event page with the same file.
        Browser::Firefox => added.extend([
            ("background", json!({ "scripts": ["background.js"], "type": "module" })),
            (
                "sidebar_action",
                // Firefox would open it by itself at the installation.
                json!({ "default_panel": PANEL, "default_title": "Understudy", "open_at_install": false }),
            ),
        ]),
    }
    added
}

/// The keyboard: four suggestions are all a browser takes. With Alt and Shift neither browser and not claude.ai has a key of its own
/// (claude.ai's have Ctrl: K, Shift+O); on a Mac these would write letters, and Control takes the place of Alt.
fn commands(browser: Browser) -> Value {
    let panel = match browser {
        Browser::Chrome => "open-panel",
        // Firefox opens it by itself, and takes no other opening without a click in a page.
        Browser::Firefox => "_execute_sidebar_action",
    };
    let command = |key: &str, name: &str| {
        let keys = json!({ "default": format!("Alt+Shift+{key}"), "mac": format!("MacCtrl+Shift+{key}") });
        json!({ "suggested_key": keys, "description": format!("__MSG_ext_command_{name}__") })
    };
    json!({
        "_execute_action": command("U", "popup"),
        "hand-over": command("O", "hand_over"),
        "put-back": command("K", "put_back"),
        (panel): command("Y", "panel"),
    })
}

/// The page in the panel beside a tab.
const PANEL: &str = "panel.html";

#[cfg(test)]
mod tests {
    use super::{Browser, manifest};
    use serde_json::json;

    const SOURCE: &str = r#"{ "manifest_version": 3, "name": "Understudy", "version": "0.0.0" }"#;

    fn of(browser: Browser) -> serde_json::Value {
        manifest(SOURCE, browser, "1.2.3", &["https://chatgpt.com/*".to_owned()]).unwrap()
    }

    #[test]
    fn each_browser_gets_its_own_background_and_floor() {
        let (chrome, firefox) = (of(Browser::Chrome), of(Browser::Firefox));
        assert_eq!(chrome["background"], json!({ "service_worker": "background.js", "type": "module" }));
        assert_eq!(firefox["background"], json!({ "scripts": ["background.js"], "type": "module" }));
        assert_eq!(chrome["minimum_chrome_version"], "148");
        assert_eq!(chrome["browser_specific_settings"], firefox["browser_specific_settings"]);
        assert_eq!(firefox["browser_specific_settings"]["gecko"]["strict_min_version"], "140.0");
        assert_eq!(firefox.get("minimum_chrome_version"), None);
        assert_eq!(chrome["side_panel"]["default_path"], firefox["sidebar_action"]["default_panel"]);
        assert_eq!(firefox["sidebar_action"]["open_at_install"], false);
        assert_eq!(
            (&chrome["permissions"], firefox.get("permissions")),
            (&json!(["unlimitedStorage", "sidePanel"]), None)
        );
    }

    #[test]
    fn four_commands_have_keys_and_each_browser_its_own_for_the_panel() {
        for (browser, panel) in [(Browser::Chrome, "open-panel"), (Browser::Firefox, "_execute_sidebar_action")] {
            let commands = of(browser)["commands"].as_object().cloned().unwrap_or_default();
            let mut keys: Vec<_> =
                commands.values().filter_map(|command| command["suggested_key"]["default"].as_str()).collect();
            keys.sort_unstable();
            assert_eq!(keys, ["Alt+Shift+K", "Alt+Shift+O", "Alt+Shift+U", "Alt+Shift+Y"]);
            assert!(commands.contains_key(panel), "{commands:?}");
        }
    }

    #[test]
    fn version_and_optional_hosts_are_not_written_by_hand() {
        for browser in Browser::ALL {
            let manifest = of(browser);
            assert_eq!(manifest["version"], "1.2.3");
            assert_eq!(manifest["optional_host_permissions"], json!(["https://chatgpt.com/*"]));
            assert_eq!(manifest["name"], "Understudy");
        }
    }

    #[test]
    fn a_key_with_two_owners_is_refused() {
        let source = r#"{ "background": { "service_worker": "other.js" } }"#;
        let error = manifest(source, Browser::Chrome, "1.2.3", &[]).unwrap_err();
        assert!(error.to_string().contains("\"background\""), "{error}");
    }
}
