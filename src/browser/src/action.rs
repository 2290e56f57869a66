//! `browser.action`: the toolbar button.

use crate::{Answer, object, raw, settled};

/// Shows a badge of at most four characters (empty for none) in white on a CSS colour, and a tooltip.
pub fn badge(text: &str, color: &str, title: &str) -> [Answer; 4] {
    [
        settled(raw::set_title(&object().text("title", title).into())),
        settled(raw::set_badge_background_color(&object().text("color", color).into())),
        settled(raw::set_badge_text_color(&object().text("color", "#ffffff").into())),
        settled(raw::set_badge_text(&object().text("text", text).into())),
    ]
}
