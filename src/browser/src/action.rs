//! `browser.action`: the toolbar button.

use crate::{Refused, raw, settled, to_js};
use serde::Serialize;

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Color<'a> {
    color: &'a str,
}

#[derive(Serialize)]
struct Title<'a> {
    title: &'a str,
}

/// Shows a badge of at most four characters (empty for none) in white on a CSS colour, and a tooltip.
pub async fn badge(text: &str, color: &str, title: &str) -> Result<(), Refused> {
    let calls = [
        settled(raw::set_title(&to_js(&Title { title })?)),
        settled(raw::set_badge_background_color(&to_js(&Color { color })?)),
        settled(raw::set_badge_text_color(&to_js(&Color { color: "#ffffff" })?)),
        settled(raw::set_badge_text(&to_js(&Text { text })?)),
    ];
    for call in calls {
        call.await?;
    }
    Ok(())
}
