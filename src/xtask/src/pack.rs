//! Folders and packages that come out the same on every machine.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Every file below a folder by its path with `/`, sorted.
pub fn files(folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = waiting.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                waiting.push((entry.path(), format!("{name}/")));
            } else {
                found.insert(name, entry.path());
            }
        }
    }
    Ok(found)
}

/// Makes `folder` hold exactly `contents`. A file that is already right is left alone: the folder of an extension
/// that a browser has open is never empty for a moment.
pub fn fill(folder: &Path, contents: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    for (name, path) in files(folder)? {
        if !contents.contains_key(&name) {
            fs::remove_file(path)?;
        }
    }
    for (name, bytes) in contents {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|old| old == *bytes) {
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, bytes).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// A store package: sorted names, one fixed time, no owner and no machine in it.
pub fn zip(path: &Path, contents: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(File::create(path).with_context(|| format!("{} cannot be made", path.display()))?);
    for (name, bytes) in contents {
        writer.start_file(name.as_str(), options)?;
        writer.write_all(bytes)?;
    }
    writer.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{files, fill, zip};
    use std::collections::BTreeMap;
    use std::fs;

    fn contents(names: &[&str]) -> BTreeMap<String, Vec<u8>> {
        names.iter().map(|name| ((*name).to_owned(), name.as_bytes().to_vec())).collect()
    }

    #[test]
    fn a_folder_holds_exactly_what_it_was_given() {
        let folder = std::env::temp_dir().join(format!("understudy-pack-{}", std::process::id()));
        fill(&folder, &contents(&["a.js", "wasm/b.wasm", "old.js"])).unwrap();
        fill(&folder, &contents(&["a.js", "wasm/b.wasm", "_locales/en/messages.json"])).unwrap();
        let names: Vec<String> = files(&folder).unwrap().into_keys().collect();
        assert_eq!(names, ["_locales/en/messages.json", "a.js", "wasm/b.wasm"]);
        assert_eq!(fs::read(folder.join("wasm/b.wasm")).unwrap(), b"wasm/b.wasm");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_same_contents_give_the_same_package() {
        let path = |n| std::env::temp_dir().join(format!("understudy-pack-{}-{n}.zip", std::process::id()));
        let contents = contents(&["b", "a", "wasm/c"]);
        zip(&path(1), &contents).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2100)); // A zip's clock ticks every two seconds.
        zip(&path(2), &contents).unwrap();
        assert_eq!(fs::read(path(1)).unwrap(), fs::read(path(2)).unwrap());
        fs::remove_file(path(1)).unwrap();
        fs::remove_file(path(2)).unwrap();
    }
}
