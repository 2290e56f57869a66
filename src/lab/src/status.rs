//! status.claude.com: a Statuspage (facts: providers, section 4).

use crate::clock::rfc3339;
use serde::Deserialize;
use serde_json::{Value, json};

/// A change of the status page. What is not named stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct StatusChange {
    /// The component `rwppv331jlwc`, claude.ai.
    pub claude_ai: Option<ComponentStatus>,
    /// The component `k8w3r06qmzrp`, the API.
    pub api: Option<ComponentStatus>,
    /// The component `yyzkbfz2thpt`, Claude Code.
    pub code: Option<ComponentStatus>,
    /// The component `0qbwn08sd68x`, the platform's console.
    pub platform: Option<ComponentStatus>,
    /// A new incident, or (by the same name) a new post to one that is open.
    pub incident: Option<Post>,
}

/// A post to an incident.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Post {
    /// The incident's name.
    pub name: String,
    /// The incident's status from now on.
    pub status: IncidentStatus,
    /// Its impact from now on.
    #[serde(default)]
    pub impact: Option<Impact>,
    /// What the post says.
    pub body: String,
    /// Which components it names; empty is possible and a known trap.
    #[serde(default = "claude_ai_only")]
    pub components: Vec<Component>,
}

/// A component that the extension knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// claude.ai
    ClaudeAi,
    /// The API.
    Api,
    /// Claude Code.
    Code,
    /// The platform's console.
    Platform,
}

/// `component.status`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentStatus {
    /// Green.
    #[default]
    Operational,
    /// Slow.
    DegradedPerformance,
    /// Some of it fails.
    PartialOutage,
    /// All of it fails.
    MajorOutage,
    /// Announced work.
    UnderMaintenance,
}

/// `incident.status`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStatus {
    /// Seen.
    Investigating,
    /// Understood.
    Identified,
    /// Mended, watched.
    Monitoring,
    /// Over.
    Resolved,
    /// Explained.
    Postmortem,
}

/// `incident.impact` and `status.indicator`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// None.
    #[default]
    None,
    /// Minor.
    Minor,
    /// Major.
    Major,
    /// Critical.
    Critical,
}

/// The state of the page.
#[derive(Debug)]
pub(crate) struct StatusPage {
    statuses: [ComponentStatus; 4],
    incidents: Vec<Incident>,
    changed_at: u64,
}

#[derive(Debug)]
struct Incident {
    id: String,
    name: String,
    status: IncidentStatus,
    impact: Impact,
    components: Vec<Component>,
    created_at: u64,
    monitoring_at: Option<u64>,
    resolved_at: Option<u64>,
    updates: Vec<Update>,
}

#[derive(Debug)]
struct Update {
    id: String,
    status: IncidentStatus,
    body: String,
    at: u64,
    /// The component's status before and after, for each component named.
    affected: Vec<(Component, ComponentStatus, ComponentStatus)>,
}

impl StatusPage {
    /// All green, nothing open.
    pub(crate) const fn new(now: u64) -> Self {
        Self { statuses: [ComponentStatus::Operational; 4], incidents: Vec::new(), changed_at: now }
    }

    /// Takes a change that is published at `now`.
    pub(crate) fn change(&mut self, change: &StatusChange, now: u64) {
        self.changed_at = now;
        let before = self.statuses;
        let wanted = [change.claude_ai, change.api, change.code, change.platform];
        for (status, wanted) in self.statuses.iter_mut().zip(wanted) {
            *status = wanted.unwrap_or(*status);
        }
        if let Some(post) = &change.incident {
            self.post(post, before, now);
        }
    }

    fn post(&mut self, post: &Post, before: [ComponentStatus; 4], now: u64) {
        let number = self.incidents.len();
        let open =
            self.incidents.iter().position(|incident| incident.name == post.name && incident.resolved_at.is_none());
        let at = open.unwrap_or(number);
        if open.is_none() {
            self.incidents.push(Incident {
                id: format!("inc{number:09}"),
                name: post.name.clone(),
                status: post.status,
                impact: Impact::Minor,
                components: post.components.clone(),
                created_at: now,
                monitoring_at: None,
                resolved_at: None,
                updates: Vec::new(),
            });
        }
        let affected = post
            .components
            .iter()
            .map(|component| (*component, before[*component as usize], self.statuses[*component as usize]))
            .collect();
        let incident = &mut self.incidents[at];
        incident.status = post.status;
        incident.impact = post.impact.unwrap_or(incident.impact);
        match post.status {
            IncidentStatus::Monitoring => incident.monitoring_at = Some(now),
            IncidentStatus::Resolved | IncidentStatus::Postmortem => incident.resolved_at = Some(now),
            IncidentStatus::Investigating | IncidentStatus::Identified => {}
        }
        let id = format!("upd{number:03}{:06}", incident.updates.len());
        // The newest post comes first on a Statuspage.
        incident.updates.insert(0, Update { id, status: post.status, body: post.body.clone(), at: now, affected });
    }

    /// The body of one of the page's JSON paths; `None` if there is no such path.
    pub(crate) fn json(&self, path: &str) -> Option<Value> {
        let page = json!({"id": PAGE_ID, "name": "Claude", "url": "https://status.claude.com", "time_zone": "Etc/UTC",
            "updated_at": rfc3339(self.changed_at)});
        let open = || {
            self.incidents.iter().rev().filter(|incident| incident.resolved_at.is_none()).map(|it| self.incident(it))
        };
        let components = || (0..4).map(|index| self.component(COMPONENTS[index])).collect::<Vec<_>>();
        Some(match path {
            "/api/v2/summary.json" => {
                json!({"page": page, "components": components(), "incidents": open().collect::<Vec<_>>(),
                "scheduled_maintenances": [], "status": self.indicator()})
            }
            "/api/v2/status.json" => json!({"page": page, "status": self.indicator()}),
            "/api/v2/components.json" => json!({"page": page, "components": components()}),
            "/api/v2/incidents.json" => json!({"page": page,
                "incidents": self.incidents.iter().rev().map(|it| self.incident(it)).collect::<Vec<_>>()}),
            "/api/v2/incidents/unresolved.json" => json!({"page": page, "incidents": open().collect::<Vec<_>>()}),
            "/api/v2/scheduled-maintenances.json"
            | "/api/v2/scheduled-maintenances/upcoming.json"
            | "/api/v2/scheduled-maintenances/active.json" => json!({"page": page, "scheduled_maintenances": []}),
            _ => return None,
        })
    }

    /// The indicator follows the components, as on the real page: an incident without components leaves it at "none".
    fn indicator(&self) -> Value {
        let worst = self.statuses.iter().map(|status| impact_of(*status)).max().unwrap_or_default();
        let (indicator, description) = match worst {
            Impact::None => ("none", "All Systems Operational"),
            Impact::Minor => ("minor", "Partially Degraded Service"),
            Impact::Major => ("major", "Partial System Outage"),
            Impact::Critical => ("critical", "Major Service Outage"),
        };
        json!({"indicator": indicator, "description": description})
    }

    fn component(&self, component: Component) -> Value {
        let index = component as usize;
        let (id, name) = IDENTITIES[index];
        json!({"id": id, "name": name, "status": status_name(self.statuses[index]), "created_at": "2023-07-11T17:56:01.000Z",
            "updated_at": rfc3339(self.changed_at), "position": index + 1, "description": null, "showcase": true,
            "start_date": "2023-07-11", "group_id": null, "page_id": PAGE_ID, "group": false, "only_show_if_degraded": false})
    }

    fn incident(&self, incident: &Incident) -> Value {
        let updates: Vec<Value> = incident
            .updates
            .iter()
            .map(|update| {
                let affected: Vec<Value> = update
                    .affected
                    .iter()
                    .map(|(component, old, new)| {
                        let (code, name) = IDENTITIES[*component as usize];
                        json!({"code": code, "name": name, "old_status": status_name(*old), "new_status": status_name(*new)})
                    })
                    .collect();
                json!({"id": update.id, "status": incident_name(update.status), "body": update.body, "incident_id": incident.id,
                    "created_at": rfc3339(update.at), "updated_at": rfc3339(update.at), "display_at": rfc3339(update.at),
                    "affected_components": affected})
            })
            .collect();
        let latest = incident.updates.first().map_or(incident.created_at, |update| update.at);
        json!({"id": incident.id, "name": incident.name, "status": incident_name(incident.status),
            "created_at": rfc3339(incident.created_at), "updated_at": rfc3339(latest),
            "monitoring_at": incident.monitoring_at.map(rfc3339), "resolved_at": incident.resolved_at.map(rfc3339),
            "impact": impact_name(incident.impact), "shortlink": format!("https://stspg.io/{}", incident.id),
            "started_at": rfc3339(incident.created_at), "page_id": PAGE_ID, "incident_updates": updates,
            "components": incident.components.iter().map(|it| self.component(*it)).collect::<Vec<_>>()})
    }
}

const fn impact_of(status: ComponentStatus) -> Impact {
    match status {
        ComponentStatus::Operational | ComponentStatus::UnderMaintenance => Impact::None,
        ComponentStatus::DegradedPerformance => Impact::Minor,
        ComponentStatus::PartialOutage => Impact::Major,
        ComponentStatus::MajorOutage => Impact::Critical,
    }
}

const fn status_name(status: ComponentStatus) -> &'static str {
    match status {
        ComponentStatus::Operational => "operational",
        ComponentStatus::DegradedPerformance => "degraded_performance",
        ComponentStatus::PartialOutage => "partial_outage",
        ComponentStatus::MajorOutage => "major_outage",
        ComponentStatus::UnderMaintenance => "under_maintenance",
    }
}

const fn incident_name(status: IncidentStatus) -> &'static str {
    match status {
        IncidentStatus::Investigating => "investigating",
        IncidentStatus::Identified => "identified",
        IncidentStatus::Monitoring => "monitoring",
        IncidentStatus::Resolved => "resolved",
        IncidentStatus::Postmortem => "postmortem",
    }
}

const fn impact_name(impact: Impact) -> &'static str {
    match impact {
        Impact::None => "none",
        Impact::Minor => "minor",
        Impact::Major => "major",
        Impact::Critical => "critical",
    }
}

fn claude_ai_only() -> Vec<Component> {
    vec![Component::ClaudeAi]
}

const COMPONENTS: [Component; 4] = [Component::ClaudeAi, Component::Api, Component::Code, Component::Platform];

/// Id and name of each component (facts: providers, section 4: ids stable, names have been renamed).
const IDENTITIES: [(&str, &str); 4] = [
    ("rwppv331jlwc", "claude.ai"),
    ("k8w3r06qmzrp", "Claude API (api.anthropic.com)"),
    ("yyzkbfz2thpt", "Claude Code"),
    ("0qbwn08sd68x", "Claude Console (platform.claude.com)"),
];

const PAGE_ID: &str = "tymt9n04zgry";

#[cfg(test)]
mod tests {
    use super::*;

    fn outage(status: IncidentStatus, body: &str) -> Post {
        Post {
            name: "Elevated errors on claude.ai".to_owned(),
            status,
            impact: Some(Impact::Major),
            body: body.to_owned(),
            components: vec![Component::ClaudeAi],
        }
    }

    #[test]
    fn lives_through_an_incident() {
        let mut page = StatusPage::new(0);
        assert_eq!(page.json("/api/v2/status.json").unwrap()["status"]["indicator"], "none");
        let change = StatusChange {
            claude_ai: Some(ComponentStatus::MajorOutage),
            incident: Some(outage(IncidentStatus::Investigating, "We are investigating.")),
            ..StatusChange::default()
        };
        page.change(&change, 1_000);
        let summary = page.json("/api/v2/summary.json").unwrap();
        assert_eq!(summary["status"]["indicator"], "critical");
        assert_eq!(summary["components"][0]["id"], "rwppv331jlwc");
        assert_eq!(summary["components"][0]["status"], "major_outage");
        assert_eq!(
            summary["incidents"][0]["incident_updates"][0]["affected_components"][0]["old_status"],
            "operational"
        );

        page.change(
            &StatusChange {
                claude_ai: Some(ComponentStatus::Operational),
                incident: Some(outage(IncidentStatus::Resolved, "Over.")),
                ..StatusChange::default()
            },
            2_000,
        );
        assert_eq!(page.json("/api/v2/incidents/unresolved.json").unwrap()["incidents"], json!([]));
        let incidents = page.json("/api/v2/incidents.json").unwrap();
        assert_eq!(incidents["incidents"].as_array().unwrap().len(), 1);
        assert_eq!(incidents["incidents"][0]["incident_updates"][0]["body"], "Over.");
        assert_eq!(incidents["incidents"][0]["resolved_at"], "1970-01-01T00:00:02.000Z");
    }

    #[test]
    fn green_indicator_with_an_open_incident() {
        let mut page = StatusPage::new(0);
        let post = Post { components: Vec::new(), ..outage(IncidentStatus::Investigating, "Delayed credits.") };
        page.change(&StatusChange { incident: Some(post), ..StatusChange::default() }, 0);
        let summary = page.json("/api/v2/summary.json").unwrap();
        assert_eq!(summary["status"]["indicator"], "none");
        assert_eq!(summary["incidents"][0]["components"], json!([]));
        assert!(page.json("/api/v2/nothing.json").is_none());
    }
}
