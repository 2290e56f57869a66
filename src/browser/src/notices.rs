//! `browser.notifications`: notices of the system. Without the permission the API is missing, and every call is refused.

use crate::{Answer, object, raw, settled};

/// The one notice that there ever is: a newer one takes its place.
const ID: &str = "understudy";

/// Shows a notice.
pub fn show(title: &str, text: &str) -> Answer {
    let looks = object()
        .text("type", "basic")
        .text("iconUrl", &raw::runtime_get_url("icons/128.png"))
        .text("title", title)
        .text("message", text);
    settled(raw::notifications_create(ID, &looks.into()))
}

/// Takes it away.
pub fn clear() -> Answer {
    settled(raw::notifications_clear(ID))
}
