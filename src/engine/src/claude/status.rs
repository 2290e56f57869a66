//! The official status page: a second opinion that lags by minutes to hours, or stays green (as of 2026-11).

use super::json::{At, Scalar, Sink, head, walk};
use super::time::parse_rfc3339;

/// Statuspage's summary of status.claude.com, served with `access-control-allow-origin: *`.
pub const STATUS_URL: &str = "https://status.claude.com/api/v2/summary.json";

/// What the status page says of Claude.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Official {
    /// The component "claude.ai"; `None` if it is missing or speaks a word we do not know: never to be read as green.
    pub claude_ai: Option<ComponentStatus>,
    /// The component "Claude API", likewise.
    pub api: Option<ComponentStatus>,
    /// Incidents that are not resolved, at most twenty.
    pub incidents: Vec<OfficialIncident>,
}

impl Official {
    /// Whether the page says that claude.ai is down: the component is in an outage, or a grave open incident touches it or
    /// names no component at all.
    pub fn says_down(&self) -> bool {
        matches!(self.claude_ai, Some(ComponentStatus::PartialOutage | ComponentStatus::MajorOutage))
            || self.incidents.iter().any(|one| one.impact.is_grave() && (one.touches_claude_ai || one.untagged))
    }
}

/// `component.status`
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentStatus {
    /// `operational`
    Operational,
    /// `degraded_performance`
    Degraded,
    /// `partial_outage`
    PartialOutage,
    /// `major_outage`
    MajorOutage,
    /// `under_maintenance`
    Maintenance,
}

/// One open incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfficialIncident {
    /// Its title, at most 200 bytes.
    pub name: String,
    /// How grave.
    pub impact: Impact,
    /// How far it has been dealt with.
    pub status: IncidentStage,
    /// Whether its components name claude.ai.
    pub touches_claude_ai: bool,
    /// Whether it names no component: seen live while every component was green.
    pub untagged: bool,
    /// When it was posted, wall-clock milliseconds.
    pub created_at: Option<u64>,
    /// When it was last changed.
    pub updated_at: Option<u64>,
}

/// `incident.impact`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Impact {
    /// `none`
    None,
    /// `minor`
    Minor,
    /// `major`
    Major,
    /// `critical`
    Critical,
    /// `maintenance`
    Maintenance,
    /// A word we do not know.
    #[default]
    Unknown,
}

impl Impact {
    /// Major or critical.
    pub const fn is_grave(self) -> bool {
        matches!(self, Self::Major | Self::Critical)
    }
}

/// `incident.status`, of those that are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncidentStage {
    /// `investigating`
    Investigating,
    /// `identified`
    Identified,
    /// `monitoring`: the service is usually back about three minutes before this.
    Monitoring,
    /// A word we do not know.
    #[default]
    Unknown,
}

/// What the summary says; `None` if the body is no such summary (a portal's page, an error).
pub fn parse_status(body: &str) -> Option<Official> {
    let mut reader = Reader::default();
    let json = walk(body, &mut reader);
    (json && reader.components).then_some(reader.official)
}

/// Ids are stable, names have been changed before: the id first, then the beginning of the name.
const CLAUDE_AI: (&str, &str) = ("rwppv331jlwc", "claude.ai");
const API: (&str, &str) = ("k8w3r06qmzrp", "claude api");
const MAX_INCIDENTS: usize = 20;

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about the place reached")]
struct Reader {
    official: Official,
    /// Whether there was a component at all.
    components: bool,
    /// Whether the value was found by its id, which beats a name.
    by_id: [bool; 2],
    // The component being read, of the page or of an incident.
    is: [Option<Match>; 2],
    status: Option<ComponentStatus>,
    // The incident being read.
    incident: OfficialIncident,
    tagged: bool,
    closed: bool,
    /// Whether the place is in the list of incidents.
    inside: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Name,
    Id,
}

impl Sink for Reader {
    fn key(&mut self, at: At, key: &str) -> At {
        match (at, key) {
            (At::Top | At::Incident, "components") => At::Components,
            (At::Top, "incidents") => At::Incidents,
            (At::Component, "id") => At::Id,
            (At::Component, "name") => At::Name,
            (At::Incident, "name") => At::Title,
            (At::Component, "status") => At::Status,
            (At::Incident, "status") => At::Stage,
            (At::Incident, "impact") => At::Impact,
            (At::Incident, "created_at") => At::CreatedAt,
            (At::Incident, "updated_at") => At::UpdatedAt,
            (At::Incident, "resolved_at") => At::ResolvedAt,
            _ => At::Skip,
        }
    }

    fn item(&mut self, at: At) -> At {
        match at {
            At::Components => At::Component,
            At::Incidents => {
                self.inside = true;
                At::Incident
            }
            _ => At::Skip,
        }
    }

    fn scalar(&mut self, at: At, value: Scalar<'_>) {
        let Some(text) = value.text() else { return };
        match at {
            At::Id => {
                for (slot, (id, _)) in self.is.iter_mut().zip([CLAUDE_AI, API]) {
                    if text == id {
                        *slot = Some(Match::Id);
                    }
                }
            }
            At::Name => {
                for (slot, (_, name)) in self.is.iter_mut().zip([CLAUDE_AI, API]) {
                    let fits = text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
                    if fits && slot.is_none() {
                        *slot = Some(Match::Name);
                    }
                }
            }
            At::Title => head(text, 200).clone_into(&mut self.incident.name),
            At::Status => {
                self.status = match text {
                    "operational" => Some(ComponentStatus::Operational),
                    "degraded_performance" => Some(ComponentStatus::Degraded),
                    "partial_outage" => Some(ComponentStatus::PartialOutage),
                    "major_outage" => Some(ComponentStatus::MajorOutage),
                    "under_maintenance" => Some(ComponentStatus::Maintenance),
                    _ => None,
                }
            }
            At::Stage => match text {
                "investigating" => self.incident.status = IncidentStage::Investigating,
                "identified" => self.incident.status = IncidentStage::Identified,
                "monitoring" => self.incident.status = IncidentStage::Monitoring,
                "resolved" | "postmortem" | "completed" => self.closed = true,
                _ => {}
            },
            At::Impact => {
                self.incident.impact = match text {
                    "none" => Impact::None,
                    "minor" => Impact::Minor,
                    "major" => Impact::Major,
                    "critical" => Impact::Critical,
                    "maintenance" => Impact::Maintenance,
                    _ => Impact::Unknown,
                }
            }
            At::CreatedAt => self.incident.created_at = parse_rfc3339(text),
            At::UpdatedAt => self.incident.updated_at = parse_rfc3339(text),
            At::ResolvedAt => self.closed = true,
            _ => {}
        }
    }

    fn close(&mut self, at: At) {
        let component = (at == At::Component).then(|| (std::mem::take(&mut self.is), self.status.take()));
        match at {
            At::Component if self.inside => {
                self.tagged = true;
                self.incident.touches_claude_ai |= component.is_some_and(|(is, _)| is[0].is_some());
            }
            At::Component => {
                self.components = true;
                let (is, status) = component.unwrap_or_default();
                let Official { claude_ai, api, .. } = &mut self.official;
                for ((slot, by_id), is) in [claude_ai, api].into_iter().zip(&mut self.by_id).zip(is) {
                    if is == Some(Match::Id) || (is == Some(Match::Name) && !*by_id) {
                        *slot = status;
                        *by_id |= is == Some(Match::Id);
                    }
                }
            }
            At::Incident => {
                let mut incident = std::mem::take(&mut self.incident);
                incident.untagged = !std::mem::take(&mut self.tagged);
                if !std::mem::take(&mut self.closed) && self.official.incidents.len() < MAX_INCIDENTS {
                    self.official.incidents.push(incident);
                }
            }
            At::Incidents => self.inside = false,
            _ => {}
        }
    }
}
