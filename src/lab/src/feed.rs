//! The status pages of the fallbacks, each in its own form (facts: providers, section 4).

use crate::clock::{http_date, rfc3339};
use crate::http::Head;
use crate::shape::JSON;
use serde_json::json;

/// The hosts of the fallbacks' status pages.
pub const FEEDS: [&str; 7] = [
    "status.openai.com",
    "www.google.com",
    "status.perplexity.com",
    "status.deepseek.com",
    "status.x.ai",
    "status.moonshot.cn",
    "www.githubstatus.com",
];

/// Which of them are in trouble: host, title, since when.
#[derive(Debug, Default)]
pub(crate) struct Feeds(Vec<(String, String, u64)>);

impl Feeds {
    /// Opens an incident, or with `None` ends it.
    pub(crate) fn trouble(&mut self, host: &str, title: Option<&str>, now: u64) {
        self.0.retain(|(open, ..)| open != host);
        self.0.extend(title.map(|title| (host.to_owned(), title.to_owned(), now)));
    }

    /// The answer of a status page; `None` for a path that it does not have.
    pub(crate) fn answer(&self, host: &str, path: &str) -> Option<(Head, Vec<u8>)> {
        let found = self.0.iter().find(|(open, ..)| open == host);
        let open = found.map(|(_, title, since)| (title.as_str(), rfc3339(*since)));
        let dated = found.map(|(_, title, since)| (title.as_str(), http_date(*since)));
        let (kind, body) = match (host, path) {
            ("status.openai.com", "/api/v2/summary.json") => (JSON, statuspage(&["Login", "Conversations"], &open)),
            ("status.deepseek.com" | "status.moonshot.cn", "/api/v2/summary.json") => {
                (JSON, statuspage(&["API Service", "Web Chat Service"], &open))
            }
            ("www.githubstatus.com", "/api/v2/summary.json") => {
                (JSON, statuspage(&["Git Operations", "Copilot"], &open))
            }
            ("status.perplexity.com", "/summary.json") => (JSON, instatus(open)),
            ("www.google.com", "/appsstatus/dashboard/incidents.json") => (JSON, google(open)),
            ("status.x.ai", "/feed.xml") => ("application/rss+xml; charset=utf-8", rss(dated)),
            _ => return None,
        };
        Some((Head::new(200, kind).with("access-control-allow-origin", "*"), body.into_bytes()))
    }
}

type Open<'a> = Option<(&'a str, String)>;

/// Statuspage, and incident.io, which answers in the same form. The last component is the one in trouble.
fn statuspage(names: &[&str], open: &Open<'_>) -> String {
    let last = names.last().copied().unwrap_or_default();
    let component = |name: &str| {
        let bad = open.is_some() && name == last;
        json!({"id": format!("01K{name}"), "name": name, "status": if bad { "major_outage" } else { "operational" },
            "position": 1, "description": null, "showcase": true, "group": false, "only_show_if_degraded": false})
    };
    let components: Vec<_> = names.iter().map(|name| component(name)).collect();
    let incidents: Vec<_> = open
        .iter()
        .map(|(title, since)| {
            json!({"id": "01KINCIDENT", "name": title, "status": "investigating", "impact": "critical",
                "created_at": since, "updated_at": since, "resolved_at": null, "components": [component(last)],
                "incident_updates": [{"id": "01KUPDATE", "status": "investigating", "body": "We are looking.", "created_at": since}]})
        })
        .collect();
    let indicator = if open.is_some() { "critical" } else { "none" };
    json!({"page": {"id": "01KPAGE", "name": "Status", "time_zone": "Etc/UTC"}, "status": {"indicator": indicator, "description": ""},
        "components": components, "incidents": incidents, "scheduled_maintenances": []})
    .to_string()
}

fn instatus(open: Open<'_>) -> String {
    match open {
        None => json!({"page": {"name": "Perplexity", "status": "UP"}}),
        Some((title, since)) => json!({"page": {"name": "Perplexity", "status": "HASISSUES"}, "activeIncidents": [
            {"name": title, "started": since, "status": "INVESTIGATING", "impact": "MAJOROUTAGE"}]}),
    }
    .to_string()
}

fn google(open: Open<'_>) -> String {
    let incident = |(title, since): (&str, String)| {
        json!({"id": "g", "begin": since, "external_desc": title, "status_impact": "SERVICE_OUTAGE", "severity": "high",
            "service_name": "Gemini", "most_recent_update": {"status": "SERVICE_OUTAGE"}, "affected_products": [{"title": "Gemini"}]})
    };
    json!(open.into_iter().map(incident).collect::<Vec<_>>()).to_string()
}

/// xAI's posts carry the category "resolved" in the end.
fn rss(open: Open<'_>) -> String {
    let item = open.map_or(String::new(), |(title, since)| {
        format!("<item><title>{title}</title><pubDate>{since}</pubDate><category>investigating</category></item>")
    });
    format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>xAI</title>{item}</channel></rss>")
}
