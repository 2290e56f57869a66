//! The website has no tracker and asks nobody but its own server: its rules say so, and nothing in it names another place to load from.

use super::Verdict;
use crate::build::Contents;
use std::path::Path;

/// Looks at every page, style and script of the website.
pub fn keeps_to_itself(contents: &Contents) -> Verdict {
    let page = contents.get("index.html").map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
    if let Some(rule) = RULES.iter().find(|rule| !page.contains(*rule)) {
        return Err(format!("index.html must have the rule {rule}"));
    }
    let mut looked_at = 0;
    for (name, bytes) in contents {
        let kind = Path::new(name).extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        // What is no text loads nothing.
        if !matches!(kind, "html" | "css" | "js") {
            continue;
        }
        looked_at += 1;
        for (index, line) in String::from_utf8_lossy(bytes).lines().enumerate() {
            if let Some(found) = LOADS.iter().find(|load| line.contains(*load)) {
                return Err(format!("{name}:{}: `{found}` loads from another place, or speaks to one", index + 1));
            }
        }
    }
    Ok(format!("{looked_at} files"))
}

const RULES: [&str; 6] = [
    "http-equiv=\"Content-Security-Policy\"",
    "default-src 'none';",
    "connect-src 'self';",
    "img-src 'self';",
    "media-src 'self';",
    "form-action 'none';",
];
const LOADS: [&str; 11] = [
    "src=\"http",
    "src=\"//",
    "poster=\"http",
    "poster=\"//",
    "<link rel=\"stylesheet\" href=\"http",
    "url(",
    "@import",
    "sendBeacon",
    "WebSocket",
    "XMLHttpRequest",
    "<iframe",
];

#[cfg(test)]
mod tests {
    use super::keeps_to_itself;
    use crate::build::Contents;

    #[test]
    fn a_foreign_script_and_a_missing_rule_are_named() {
        let rules = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; connect-src 'self'; img-src 'self'; media-src 'self'; form-action 'none'; \">";
        let with = |file: &str, text: &str| {
            Contents::from([("index.html".to_owned(), rules.into()), (file.to_owned(), text.into())])
        };
        keeps_to_itself(&with("site.css", "p { color: red }")).unwrap();
        let wrong = keeps_to_itself(&with("site.css", "\n@import \"x\";")).unwrap_err();
        assert!(wrong.contains("site.css:2") && wrong.contains("@import"), "{wrong}");
        assert!(keeps_to_itself(&with("b.html", "<script src=\"https://a.example/x.js\">")).is_err());
        assert!(keeps_to_itself(&with("b.html", "<video poster=\"https://a.example/x.png\">")).is_err());
        let wider = rules.replace("media-src 'self'", "media-src *");
        assert!(keeps_to_itself(&with("index.html", &wider)).unwrap_err().contains("media-src"));
        assert!(keeps_to_itself(&with("index.html", "")).unwrap_err().contains("Content-Security-Policy"));
    }
}
