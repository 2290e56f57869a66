//! What is asked of claude.ai while it fails, from its own page: one cheap GET, of what every page load begins with (as of 2026-11).
//!
//! The page itself asks for the same with other numbers or in another order, so that one is never taken for the other.

use super::endpoints::is_uuid;
use crate::cause::Surface;

/// The site, in front of a path.
pub const SITE: &str = "https://claude.ai";

/// Path and query of a GET that tells whether a surface works: of the bootstrap where there is none, or where the list would need an
/// organization that is not known (empty).
pub fn probe(surface: Surface, organization: &str) -> String {
    let (start, end) = if organization.is_empty() { ("", "") } else { ("/", "/app_start") };
    let parts = match surface {
        Surface::Document => return "/new".to_owned(),
        Surface::List if !organization.is_empty() => {
            ["/api/organizations", start, organization, "/chat_conversations_v2", LIST]
        }
        _ => ["/edge-api/bootstrap", start, organization, end, BOOTSTRAP],
    };
    parts.concat()
}

/// The organization that a URL of claude.ai's is about.
pub fn organization(url: &str) -> Option<&str> {
    let path = url.strip_prefix(SITE)?;
    let rest = PLACES.iter().find_map(|place| path.strip_prefix(place))?;
    rest.get(..UUID).filter(|id| is_uuid(id))
}

/// Where an organization's id stands.
const PLACES: [&str; 3] = ["/api/organizations/", "/edge-api/bootstrap/", "/api/bootstrap/"];
/// Characters of one.
const UUID: usize = 36;
/// The page asks for 30.
const LIST: &str = "?limit=1&offset=0&starred=false&consistency=eventual";
/// The page asks for the same, the other way round.
const BOOTSTRAP: &str = "?include_system_prompts=false&growthbook_format=sdk&statsig_hashing_algorithm=djb2";

#[cfg(test)]
mod tests {
    use super::{SITE, organization, probe};
    use crate::cause::Surface;
    use crate::claude::endpoint;

    const ORG: &str = "11111111-2222-4333-8444-555555555555";

    #[test]
    fn a_probe_is_a_voting_request_of_the_surface_it_is_for() {
        for (surface, organization, found) in [
            (Surface::Bootstrap, "", Surface::Bootstrap),
            (Surface::Bootstrap, ORG, Surface::Bootstrap),
            (Surface::List, ORG, Surface::List),
            (Surface::List, "", Surface::Bootstrap),
            (Surface::Document, ORG, Surface::Document),
            (Surface::Completion, ORG, Surface::Bootstrap),
        ] {
            let url = [SITE, &probe(surface, organization)].concat();
            let endpoint = endpoint("GET", &url).expect("of claude.ai");
            assert_eq!(endpoint.surface, found, "{url}");
            assert!((endpoint.weight - 1.0).abs() < f32::EPSILON, "{url}");
        }
    }

    #[test]
    fn the_organization_is_read_from_what_a_page_asks() {
        for (path, found) in [
            (format!("/api/organizations/{ORG}/chat_conversations_v2?limit=30"), Some(ORG)),
            (format!("/edge-api/bootstrap/{ORG}/app_start"), Some(ORG)),
            (format!("/api/bootstrap/{ORG}/app_start"), Some(ORG)),
            ("/api/organizations".to_owned(), None),
            ("/api/organizations/11111111-2222-4333-8444-55555555555".to_owned(), None),
            (format!("/api/organizations/{}é/x", &ORG[..35]), None),
            (format!("/chat/{ORG}"), None),
        ] {
            assert_eq!(organization(&[SITE, &path].concat()), found, "{path}");
        }
        assert_eq!(organization(&format!("https://evil.example/api/organizations/{ORG}/x")), None);
    }
}
