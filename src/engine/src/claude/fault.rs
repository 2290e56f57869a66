//! What a fault of the request itself is, by its status and code (as of 2026-11). Never by its words.

use crate::cause::{Cause, Class};

/// Why a message was refused as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It, or what is attached to it, is too long for this chat.
    TooLong,
    /// The conversation does not exist (any more).
    Gone,
    /// The model does not exist (any more).
    ModelGone,
    /// Something else about it.
    Other,
}

/// What was wrong with a request that was refused with [`Class::ClientFault`]; `None` for other causes.
pub fn fault(cause: &Cause) -> Option<Fault> {
    if cause.class != Class::ClientFault {
        return None;
    }
    Some(match (cause.status, cause.code.as_deref().unwrap_or_default()) {
        (Some(413), _)
        | (_, "request_too_large" | "exceeded_max_uploads_per_message" | "exceeded_max_image_limit_per_chat") => {
            Fault::TooLong
        }
        (_, "model_not_available") => Fault::ModelGone,
        (_, "chat_conversation_not_found") | (Some(404), _) => Fault::Gone,
        _ => Fault::Other,
    })
}
