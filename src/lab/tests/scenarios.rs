//! The scenario files of this repository, and the playing of them.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking, and watches the clock")]

mod common;

use common::{Client, lab};
use serde_json::json;
use std::time::{Duration, Instant};
use understudy_lab::{Scenario, Sight, When};

const CONV: &str = "019d0d70-0000-7000-8000-000000000001";
const HUMAN: &str = "019d0d70-0000-7000-8000-0000000000f1";
const LIMIT: Duration = Duration::from_secs(10);

/// The scenarios that the product promises. One more is welcome, one fewer is not.
const PROMISED: [&str; 18] = [
    "2026-03-02",
    "aborted",
    "captive-portal",
    "challenge",
    "dead-network",
    "error-in-stream",
    "healthy",
    "logged-out",
    "login-only",
    "one-model",
    "overloaded-529",
    "rate-exceeded",
    "site-down",
    "stall",
    "stream-cut",
    "telemetry-blocked",
    "upload-only",
    "usage-limit",
];

#[test]
fn every_scenario_reads_plays_and_expects_something() {
    let names = Scenario::names();
    for promised in PROMISED {
        assert!(names.iter().any(|name| name == promised), "{promised} is missing");
    }
    let lab = lab();
    for name in names {
        let scenario = Scenario::named(&name).unwrap_or_else(|error| panic!("{error}"));
        assert!(!scenario.title.is_empty() && !scenario.shows.is_empty(), "{name}");
        let asks = !scenario.expects.is_empty() || !scenario.timeline.is_empty();
        assert!(!scenario.user.is_empty() && asks, "{name} asks for nothing");
        assert!(scenario.steps.iter().all(|step| !step.say.is_empty()), "{name}: every step says what happens");
        assert!(
            scenario.timeline.iter().all(|sight| (1..=scenario.user.len()).contains(&sight.after)),
            "{name}: what is seen comes after something that the user does"
        );
        assert!(scenario.timeline.is_sorted_by_key(|sight| sight.after), "{name}: the timeline is in order");
        for pair in scenario.timeline.windows(2) {
            let same = Sight { after: pair[0].after, within: pair[0].within, ..pair[1].clone() };
            assert_ne!(pair[0], same, "{name}: nothing changes");
        }
        for expect in &scenario.expects {
            assert!(
                expect.after.is_none_or(|after| after <= scenario.user.len()),
                "{name}: after more than the user does"
            );
            assert!(
                expect.time.is_none_or(|time| scenario.seconds(time) <= scenario.length()),
                "{name}: after its end"
            );
        }
        lab.reset();
        let playing = lab.play_at(&scenario, 0.0);
        playing.skip_to(When::Seconds(scenario.length()));
        assert!(playing.wait(LIMIT), "{name}");
        assert_eq!(playing.done().len(), scenario.steps.len(), "{name}");
    }
}

#[test]
fn the_second_of_march_as_it_was() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    let mut watcher = Client::new(&lab);
    let scenario = Scenario::named("2026-03-02").unwrap();
    let real = scenario.length() / scenario.compression;
    assert!((60.0..=75.0).contains(&real), "it passes in {real} s");

    let playing = lab.play_at(&scenario, 0.0);
    let list = Client::org("chat_conversations_v2");
    let mut summary = || watcher.get("status.claude.com", "/api/v2/summary.json").json();
    assert_eq!(client.get("claude.ai", &list).status, Some(200), "all is well at 11:34");

    playing.skip_to(When::Clock(11 * 3_600 + 37 * 60));
    assert_eq!(playing.clock(), "11:37:00");
    assert_eq!(client.get("claude.ai", "/new").status, Some(500));
    assert!(client.get("claude.ai", "/new").body.contains("Claude will return soon"));
    assert_eq!(client.get("claude.ai", &list).status, Some(503));
    assert_eq!(client.post("claude.ai", "/api/auth/send_magic_link", &json!({})).status, Some(500));
    let sends: Vec<Option<u16>> = (0..6).map(|_| client.prompt(CONV, HUMAN, "x").status).collect();
    assert_eq!(sends, [500, 500, 529, 500, 500, 529].map(Some));
    assert_eq!(summary()["status"]["indicator"], "none", "the page lags");

    playing.skip_to(When::Clock(11 * 3_600 + 49 * 60));
    let page = summary();
    assert_eq!(
        (&page["components"][0]["status"], &page["components"][1]["status"]),
        (&json!("major_outage"), &json!("operational"))
    );
    playing.skip_to(When::Clock(12 * 3_600 + 21 * 60));
    assert!(summary()["incidents"][0]["incident_updates"][0]["body"].as_str().unwrap().contains("API is working"));

    playing.skip_to(When::Clock(15 * 3_600 + 22 * 60));
    assert_eq!(client.get("claude.ai", "/new").status, Some(200));
    assert_eq!(client.prompt(CONV, HUMAN, "x").status, Some(200));
    assert_eq!(summary()["incidents"][0]["status"], "identified", "service is back before the page says so");
    playing.skip_to(When::Clock(15 * 3_600 + 25 * 60));
    assert_eq!(summary()["incidents"][0]["status"], "monitoring");
    playing.skip_to(When::Clock(15 * 3_600 + 47 * 60));
    assert_eq!(summary()["incidents"], json!([]));
    assert_eq!(lab.prompts(), ["x"], "what was turned away did not arrive");
}

#[test]
fn a_logged_out_session_and_a_dead_network_are_set_by_their_files() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    lab.play(&Scenario::named("logged-out").unwrap());
    assert_eq!(client.prompt(CONV, HUMAN, "x").json()["error"]["details"]["error_code"], "account_session_invalid");
    lab.reset();
    lab.play(&Scenario::named("dead-network").unwrap());
    assert_eq!(client.get("status.claude.com", "/").status, None);
    lab.reset();
    assert_eq!(client.get("status.claude.com", "/").status, Some(200), "a reset mends the network");
}

#[test]
fn time_is_compressed() {
    let lab = lab();
    let text = "title = \"t\"\nshows = \"s\"\ncompression = 10.0\n[[at]]\nsay = \"a\"\n[[at]]\ntime = 40\nsay = \"b\"\n[[at]]\ntime = 80\nsay = \"c\"\n";
    let scenario = Scenario::parse(text).unwrap();
    let started = Instant::now();
    let playing = lab.play(&scenario);
    assert_eq!(playing.done().len(), 1, "second 0 is done at once");
    assert!(playing.wait_for(1, LIMIT).is_some());
    assert!(playing.wait(LIMIT));
    // 80 s of the story at 10 times 40 is 200 ms.
    let took = started.elapsed();
    assert!((Duration::from_millis(195)..Duration::from_secs(5)).contains(&took), "{took:?}");
    let clocks: Vec<String> = playing.done().into_iter().map(|done| done.clock).collect();
    assert_eq!(clocks, ["00:00", "00:40", "01:20"]);
}

#[test]
fn a_stopped_or_reset_story_does_nothing_more() {
    let lab = lab();
    let text = "title = \"t\"\nshows = \"s\"\ncompression = 1.0\n[[at]]\ntime = 4\nnetwork = { state = \"reset\" }\n";
    let scenario = Scenario::parse(text).unwrap();
    let playing = lab.play(&scenario);
    playing.stop();
    assert!(playing.wait_for(0, Duration::from_millis(200)).is_none());
    let playing = lab.play(&scenario);
    lab.reset();
    assert!(playing.wait_for(0, Duration::from_millis(400)).is_none());
    assert_eq!(Client::new(&lab).get("claude.ai", "/new").status, Some(200));
}

/// The stories of the website's playground are these very scenarios. `UPDATE_EXPECT=1` writes them anew.
#[test]
fn the_websites_stories_are_the_scenarios() {
    let stories: Vec<_> = ["2026-03-02", "overloaded-529", "green-status-page", "dead-network"]
        .iter()
        .map(|name| Scenario::named(name).unwrap().story(name, SECOND_OF_MARCH).expect(name))
        .collect();
    let told = serde_json::to_string_pretty(&stories).unwrap() + "\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www/stories.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &told).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), told);
}

/// 2026-03-02T00:00:00Z
const SECOND_OF_MARCH: u64 = 1_772_409_600_000;
