//! The stream of an answer: what is said, and when (facts: claude-wire, section 4).

use crate::clock::rfc3339;
use serde_json::{Value, json};

/// One event of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    /// Milliseconds to wait before it.
    pub(crate) wait_ms: u64,
    /// The `event:` field, equal to `type` in the data.
    pub(crate) name: &'static str,
    /// The `data:` field.
    pub(crate) data: Value,
}

impl Event {
    const fn new(wait_ms: u64, name: &'static str, data: Value) -> Self {
        Self { wait_ms, name, data }
    }

    /// The bytes on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        format!("event: {}\ndata: {}\n\n", self.name, self.data).into_bytes()
    }

    /// The text it adds to the answer.
    pub(crate) fn text(&self) -> Option<&str> {
        self.data.get("delta").filter(|delta| delta["type"] == "text_delta")?.get("text")?.as_str()
    }
}

/// What a stream is about.
#[derive(Clone, Debug)]
pub(crate) struct Topic<'a> {
    pub(crate) prompt: &'a str,
    pub(crate) model: &'a str,
    pub(crate) human: &'a str,
    pub(crate) assistant: &'a str,
    pub(crate) request_id: &'a str,
    /// How many answers were begun before this one: every other one uses a tool.
    pub(crate) turn: u64,
    pub(crate) now_ms: u64,
    /// Unix seconds at which the limit ends that is exceeded with this message.
    pub(crate) exceeded_until: Option<u64>,
}

/// All events of one answer, in order.
pub(crate) fn events(topic: &Topic<'_>) -> Vec<Event> {
    let stamp = rfc3339(topic.now_ms);
    let mut events = vec![
        ping(0),
        Event::new(
            FIRST_TOKEN_MS,
            "message_start",
            json!({"type": "message_start", "message": {
                "id": format!("chatcompl_{}", &topic.request_id[4..]), "type": "message", "role": "assistant", "model": topic.model,
                "parent_uuid": topic.human, "uuid": topic.assistant, "content": [], "stop_reason": null, "stop_sequence": null,
                "trace_id": "fb6c0f5e8a1d4c7e9b20", "request_id": topic.request_id, "rate_limit_tier": "default_claude_max_5x"}}),
        ),
    ];
    let mut index = 0;
    if topic.turn.is_multiple_of(2) {
        tool(&mut events, index, &stamp);
        index += 2;
    }
    events.push(Event::new(
        20,
        "content_block_start",
        json!({"type": "content_block_start", "index": index, "content_block": {
            "start_timestamp": stamp, "stop_timestamp": null, "flags": null, "type": "text", "text": "", "citations": []}}),
    ));
    for (number, piece) in pieces(&answer(topic.prompt)).into_iter().enumerate() {
        // 30 to 60 ms a delta, uneven and the same in every run.
        let wait = 30 + (number as u64 * 17) % 31;
        events.push(Event::new(
            wait,
            "content_block_delta",
            json!({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": piece}}),
        ));
    }
    events.push(block_stop(index, &stamp));
    events.push(Event::new(
        10,
        "message_delta",
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null, "stop_details": null}}),
    ));
    events.push(message_limit(topic));
    events.push(Event::new(5, "message_stop", json!({"type": "message_stop"})));
    events
}

/// A ping.
pub(crate) fn ping(wait_ms: u64) -> Event {
    Event::new(wait_ms, "ping", json!({"type": "ping"}))
}

/// An error inside the stream.
pub(crate) fn error(kind: &str, message: &str, code: Option<&str>) -> Event {
    let mut error = json!({"type": kind, "message": message});
    if let Some(code) = code {
        error["details"] = json!({"error_code": code, "error_visibility": "user_facing"});
    }
    Event::new(20, "error", json!({"type": "error", "error": error}))
}

/// A reasonable answer that says back what it was asked, full of words that must not be taken for a failure.
pub fn answer(prompt: &str) -> String {
    let shown: String = prompt.split_whitespace().take(12).collect::<Vec<_>>().join(" ");
    let words = prompt.split_whitespace().count();
    format!(
        "You wrote: \u{201c}{shown}\u{201d} ({words} words). Let me take it step by step.\n\nA service that is overloaded answers late or \
         not at all; a 404 only means that a page is gone, and an \"internal server error\" in a log is a clue, not a cause. So first write \
         down what you saw and when, then change one thing at a time.\n\n```json\n{{\"type\":\"error\",\"is_error\":true}}\n```\n\n\
         The block above is an example, nothing failed here. \u{2705} Shall I go on?"
    )
}

fn tool(events: &mut Vec<Event>, index: u64, stamp: &str) {
    events.push(Event::new(
        40,
        "content_block_start",
        json!({"type": "content_block_start", "index": index, "content_block": {"start_timestamp": stamp, "stop_timestamp": null,
            "flags": null, "type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": "web_fetch", "input": {}}}),
    ));
    for part in ["{\"url\":", "\"https://example.com/missing\"}"] {
        events.push(Event::new(
            30,
            "content_block_delta",
            json!({"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": part}}),
        ));
    }
    events.push(block_stop(index, stamp));
    events.push(Event::new(
        60,
        "content_block_start",
        json!({"type": "content_block_start", "index": index + 1, "content_block": {"start_timestamp": stamp, "stop_timestamp": null,
            "flags": null, "type": "tool_result", "tool_use_id": "toolu_01A09q90qw90lq917835lq9", "name": "web_fetch", "is_error": true,
            "content": [{"type": "text", "text": "404 Not Found: overloaded_error, api_error, \"is_error\":true"}]}}),
    ));
    events.push(block_stop(index + 1, stamp));
}

fn block_stop(index: u64, stamp: &str) -> Event {
    Event::new(10, "content_block_stop", json!({"type": "content_block_stop", "index": index, "stop_timestamp": stamp}))
}

fn message_limit(topic: &Topic<'_>) -> Event {
    let kind = if topic.exceeded_until.is_some() { "exceeded_limit" } else { "within_limit" };
    let window_end = topic.exceeded_until.unwrap_or(topic.now_ms / 1_000 + 4 * 3_600);
    let utilization = if topic.exceeded_until.is_some() { 1.0 } else { 0.01 };
    Event::new(
        5,
        "message_limit",
        json!({"type": "message_limit", "message_limit": {"type": kind, "resetsAt": topic.exceeded_until, "remaining": null,
            "perModelLimit": null, "representativeClaim": "five_hour", "overageDisabledReason": "overage_not_provisioned",
            "overageInUse": false,
            "windows": {"5h": {"status": kind, "resets_at": window_end, "utilization": utilization}}}}),
    )
}

/// Cut into deltas of about three words, as they come.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut words = 0;
    for character in text.chars() {
        piece.push(character);
        if character == ' ' {
            words += 1;
            if words % 3 == 0 {
                pieces.push(std::mem::take(&mut piece));
            }
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// A quick model's time to its first token.
const FIRST_TOKEN_MS: u64 = 250;

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(turn: u64) -> Topic<'static> {
        Topic {
            prompt: "How do I fix\nthis?",
            model: "claude-sonnet-4-6",
            human: "h",
            assistant: "a",
            request_id: "req_011C",
            turn,
            now_ms: 1_772_451_420_000,
            exceeded_until: None,
        }
    }

    #[test]
    fn comes_in_the_documented_order() {
        let names: Vec<&str> = events(&topic(1)).iter().map(|event| event.name).collect();
        assert_eq!(&names[..3], ["ping", "message_start", "content_block_start"]);
        assert_eq!(&names[names.len() - 4..], ["content_block_stop", "message_delta", "message_limit", "message_stop"]);
    }

    #[test]
    fn the_deltas_make_the_answer() {
        let text: String = events(&topic(1)).iter().filter_map(Event::text).collect();
        assert_eq!(text, answer("How do I fix\nthis?"));
        for trap in ["overloaded", "404", "\"is_error\":true"] {
            assert!(text.contains(trap), "{trap}");
        }
    }

    #[test]
    fn every_other_answer_uses_a_failing_tool() {
        let with_tool = |turn| events(&topic(turn)).iter().any(|event| event.data["content_block"]["is_error"] == true);
        assert!(with_tool(0) && !with_tool(1) && with_tool(2));
    }

    #[test]
    fn events_are_framed_by_name_data_and_a_blank_line() {
        let wire = String::from_utf8(error("overloaded_error", "Overloaded", None).bytes()).unwrap();
        let (name, data) = wire.strip_suffix("\n\n").unwrap().split_once('\n').unwrap();
        assert_eq!(name, "event: error");
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(data, json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}));
    }
}
