//! The website: `www/` with the playground's module and the table of the accuracy page, as static files.

use crate::build::Contents;
use crate::pack;
use crate::repo::Repo;
use anyhow::{Context, Result, ensure};
use std::fmt::Write;
use std::fs;

/// Everything of the website but the module and its bindings, which are `site_bg.wasm` and `site.js`.
pub fn contents(repo: &Repo) -> Result<Contents> {
    let mut contents = Contents::new();
    for (name, path) in pack::files(&repo.root.join("www"))? {
        // The stories are in the module; of the pictures the recording is the website's, the others are the README's.
        let name = match name.strip_prefix("pictures/") {
            Some(picture) if !picture.starts_with("recording.") => continue,
            Some(recording) => recording.to_owned(),
            None => name,
        };
        if name != STORIES {
            contents.insert(name, fs::read(path)?);
        }
    }
    let read = |name: &str| fs::read_to_string(repo.root.join(name)).with_context(|| format!("{name} cannot be read"));
    let page = with_table(&read("www/index.html")?, &read(ACCURACY)?)?;
    contents.insert(PAGE.to_owned(), page.into_bytes());
    // The colours' roles are the extension's, word for word.
    let style = with_roles(&read("www/site.css")?, &read("extension/pages.css")?)?;
    contents.insert("site.css".to_owned(), style.into_bytes());
    contents.insert("icon.svg".to_owned(), read("extension/icons/icon.svg")?.into_bytes());
    Ok(contents)
}

/// What is added to the bindings: a page has no script of its own, so the module starts itself. Where it does not, or where it breaks
/// later, the page's own sentence is shown.
pub const START: &str = "
const broken = () => document.documentElement.classList.add('broken');
for (const name of ['error', 'unhandledrejection'])
  addEventListener(name, ({ error, reason = error }) => reason instanceof WebAssembly.RuntimeError && broken());
__wbg_init().catch(broken);
";

/// Puts the command and its first table in the place of the mark.
fn with_table(page: &str, accuracy: &str) -> Result<String> {
    let command = accuracy.lines().find(|line| line.starts_with("understudy accuracy"));
    let command = command.with_context(|| format!("{ACCURACY} names no command"))?;
    let rows: Vec<Vec<&str>> = accuracy
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    // Below the head stands a line of dashes.
    ensure!(rows.len() > 2, "{ACCURACY} has no table");
    let mut table = format!(
        "<pre tabindex=\"0\" role=\"region\" aria-label=\"Command\"><code>{}</code></pre>\n      <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Accuracy\"><table>\n",
        escape(command)
    );
    for (index, row) in rows.iter().enumerate().filter(|(index, _)| *index != 1) {
        let ours = if row[0].starts_with("Understudy") { " class=\"ours\"" } else { "" };
        let _ = write!(table, "        <tr{ours}>");
        for (column, cell) in row.iter().enumerate() {
            let (open, close) = match (index, column) {
                (0, _) => ("th scope=\"col\"", "th"),
                (_, 0) => ("th scope=\"row\"", "th"),
                _ => ("td", "td"),
            };
            let _ = write!(table, "<{open}>{}</{close}>", escape(cell));
        }
        table.push_str("</tr>\n");
    }
    table.push_str("      </table></div>");
    ensure!(page.matches(MARK).count() == 1, "www/index.html must have {MARK} once");
    Ok(page.replace(MARK, &table))
}

/// Puts the two blocks of roles from the beginning of the extension's stylesheet before the website's own.
fn with_roles(style: &str, pages: &str) -> Result<String> {
    let (from, to) = (pages.find(":root {"), pages.find("*, *::before"));
    let roles = from.zip(to).map(|(from, to)| &pages[from..to]);
    Ok(format!("{}{style}", roles.context("extension/pages.css does not begin with its roles")?))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const PAGE: &str = "index.html";
const STORIES: &str = "stories.json";
const ACCURACY: &str = "src/engine/ACCURACY.md";
const MARK: &str = "<!-- accuracy -->";

#[cfg(test)]
mod tests {
    use super::{with_roles, with_table};

    #[test]
    fn the_first_table_is_shown_as_it_is_printed() {
        let page = format!("<p>a</p>{}<p>b</p>", super::MARK);
        let accuracy = "# A\n\n```\nunderstudy accuracy --seed 7\n```\n\n| rule | seen |\n|---|--:|\n| <3 | 1 % |\n| Understudy | 2 % |\n\n| x |\n|--|\n| y |\n";
        let made = with_table(&page, accuracy).unwrap();
        for part in [
            "<code>understudy accuracy --seed 7</code>",
            "<tr><th scope=\"col\">rule</th><th scope=\"col\">seen</th></tr>",
            "<tr><th scope=\"row\">&lt;3</th><td>1 %</td></tr>",
            "<tr class=\"ours\"><th scope=\"row\">Understudy</th><td>2 %</td></tr>",
        ] {
            assert!(made.contains(part), "{part} is missing in {made}");
        }
        assert!(!made.contains("--:") && !made.contains(">y<") && made.ends_with("<p>b</p>"), "{made}");
        assert!(with_table("<p>a</p>", accuracy).is_err(), "a page without a place for it");
        assert!(with_table(&page, "understudy accuracy\n").is_err(), "an accuracy page without a table");
    }

    #[test]
    fn the_roles_are_the_extensions() {
        let pages = "/* x */\n:root { --ink: #000; }\n*, *::before { }\nbody { }";
        assert_eq!(with_roles("main { }", pages).unwrap(), ":root { --ink: #000; }\nmain { }");
        assert!(with_roles("main { }", "body { }").is_err());
    }
}
