//! The catalogue of fallbacks as data, and the user's choice among them.

use serde::{Deserialize, Serialize};

/// What the user set on the options page. Unknown fields of a newer version are dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    /// Provider ids, the first one is the card's main button. Ids that are not listed are not offered.
    pub fallbacks: Vec<String>,
    /// A custom fallback: an https URL with `{prompt}` in it; empty for none.
    pub custom_url: String,
    /// Its name as shown.
    pub custom_name: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { fallbacks: Vec::new(), custom_url: String::new(), custom_name: String::new() }
    }
}
