//! The keyboard: what a command of the manifest means now.

use super::Engine;
use crate::input::{Act, Millis};

impl Engine {
    /// What the user wants who presses the keys of this command; `None` if there is nothing to do it with, or it is none of ours.
    /// It is a click like any other: whatever is asked before a prompt leaves, is asked.
    pub fn command(&self, name: &str, now: Millis) -> Option<Act> {
        match name {
            "hand-over" => {
                let entry = Some(self.outbox.newest_open()?.id.clone());
                let provider = (*self.on_card().first()?).to_owned();
                Some(Act::HandOff { provider, entry, copied: false })
            }
            "put-back" => {
                let entry = self.outbox.newest_first().find(|entry| self.may_go_back(&entry.id, now))?.id.clone();
                Some(Act::PutBack { entry, text: None, copied: false })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::provider::Settings;
    use crate::{Act, Config, Engine, Headers, Input, Place, Platform, Request, RequestStep, Stored};

    const SEND: &str = "https://claude.ai/api/organizations/11111111-2222-4333-8444-555555555555/chat_conversations/\
                        019f3f4c-ba14-79cd-bbb7-6926ba65fb53/completion";

    #[test]
    fn keys_mean_the_last_prompt_and_the_first_fallback() {
        let mut engine = Engine::restore(Config { platform: Platform::Chromium }, Stored::default(), 1_000);
        for name in ["hand-over", "put-back"] {
            assert_eq!(engine.command(name, 1_000), None, "nothing is saved yet");
        }
        let step = |step| Input::Request(Request { id: "1".into(), tab: 1, step });
        let body = br#"{"prompt":"kept","attachments":[],"files":[]}"#.to_vec();
        let sent = RequestStep::Started { method: "POST".into(), url: SEND.into(), document: false, body: Some(body) };
        engine.handle(step(sent), 2_000);
        assert_eq!(engine.command("put-back", 2_000), None, "it is on its way");
        engine.handle(step(RequestStep::Headers { status: 500, headers: Headers::default() }), 2_100);
        engine.handle(step(RequestStep::Done), 2_200);
        let entry = engine.view(9_000).prompts[0].entry.clone();
        let over = |provider: &str| {
            Some(Act::HandOff { provider: provider.into(), entry: Some(entry.clone()), copied: false })
        };
        assert_eq!(engine.command("hand-over", 9_000), over("chatgpt"));
        let back = Some(Act::PutBack { entry: entry.clone(), text: None, copied: false });
        assert_eq!(engine.command("put-back", 9_000), back);
        assert_eq!(engine.command("forget-all", 9_000), None, "only what the manifest names");
        let mut choose = |fallbacks: Vec<String>| {
            let settings = Settings { fallbacks, ..Settings::default() };
            engine.handle(Input::Act { from: Place::Page { tab: None }, act: Act::Configure { settings } }, 9_000);
            engine.command("hand-over", 9_000)
        };
        assert_eq!(choose(vec!["gemini".into(), "chatgpt".into()]), over("gemini"));
        assert_eq!(choose(Vec::new()), None, "there is nowhere to go");
    }
}
