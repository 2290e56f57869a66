//! What can be done by the keyboard alone, and where that is changed.

use super::Deed;
use crate::tree::{El, el, say};

/// The commands of the manifest, which suggests these keys (`src/xtask/src/manifest.rs`).
const KEYS: [(&str, &str); 4] = [
    ("ext_command_popup", "Alt+Shift+U"),
    ("ext_command_hand_over", "Alt+Shift+O"),
    ("ext_command_put_back", "Alt+Shift+K"),
    ("ext_command_panel", "Alt+Shift+Y"),
];

pub(super) fn keys() -> El<Deed> {
    let rows = KEYS.map(|(label, keys)| el("li").and(el("kbd").text(keys)).text(" ").text(say(label)));
    el("section")
        .attr("aria-labelledby", "keys-title")
        .and(el("h2").attr("id", "keys-title").text(say("page_keys")))
        .and(el("ul").class("keys").with(rows))
        .and(el("p").class("explain").text(say("page_keys_explain")))
}
