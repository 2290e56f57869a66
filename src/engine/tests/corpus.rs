//! The corpus of the fuzzer, as ordinary tests: every file of it and a fixed set of mutations of each goes through the very
//! functions that `cargo xtask fuzz` runs.

#[path = "fuzz/mod.rs"]
mod properties;

use properties::PROPERTIES;
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// A file in a corpus is small: it is an example, not a recording.
const LARGEST: usize = 8 * 1024;
/// Mutations of one file, of the kinds below.
const MUTATIONS: u64 = 120;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The names in a folder, without their endings; never what a fuzzer left there by itself (forty digits).
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect()
}

fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = folder().join("corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read(&path).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_property_has_a_corpus_and_a_target_and_the_other_way_round() {
    let properties: BTreeSet<String> = PROPERTIES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(properties.len(), PROPERTIES.len(), "names are unique");
    assert_eq!(names(&folder().join("corpus")), properties, "the folders of fuzz/corpus");
    assert_eq!(names(&folder().join("fuzz_targets")), properties, "the files of fuzz/fuzz_targets");
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).expect("the manifest");
    let bins = manifest.split("[[bin]]\nname = \"").skip(1).filter_map(|rest| rest.split('"').next());
    assert_eq!(bins.map(str::to_owned).collect::<BTreeSet<_>>(), properties, "the programs of fuzz/Cargo.toml");
    for name in &properties {
        let target = fs::read_to_string(folder().join(format!("fuzz_targets/{name}.rs"))).expect("a target");
        assert!(target.contains(&format!("properties::{name}(data)")), "{name} runs its own function");
        let files = corpus(name);
        assert!(!files.is_empty(), "fuzz/corpus/{name} is empty");
        for (file, bytes) in files {
            assert!(!bytes.is_empty() && bytes.len() <= LARGEST, "{name}/{file} has {} bytes", bytes.len());
        }
    }
}

/// A folder at a time, so that they run beside each other and a failure names its reader.
macro_rules! corpora {
    ($($name:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            run(stringify!($name));
        })+

        #[test]
        fn every_corpus_is_run() {
            let run = BTreeSet::from([$(stringify!($name)),+]);
            assert_eq!(run, PROPERTIES.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>());
        }
    };
}

corpora!(answers, endpoints, entries, json, records, send, settings, snapshot, status, streams, times, transport);

fn run(name: &str) {
    let (_, property) = PROPERTIES.iter().find(|(known, _)| *known == name).expect("a property");
    let files = corpus(name);
    for (index, (file, bytes)) in files.iter().enumerate() {
        let (_, other) = &files[(index + 1) % files.len()];
        for number in 0..=MUTATIONS {
            let input = mutation(bytes, other, number);
            let held = catch_unwind(AssertUnwindSafe(|| property(&input))).is_ok();
            assert!(held, "{name}/{file}, mutation {number}: {:?}", String::from_utf8_lossy(&input));
        }
    }
}

/// A mutation of `bytes`: the same for the same number, and none for 0.
fn mutation(bytes: &[u8], other: &[u8], number: u64) -> Vec<u8> {
    let mut mutated = bytes.to_vec();
    let mut random = Random(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    // Many of one kind each, then some of several.
    for _ in 0..if number == 0 { 0 } else { 1 + number / 100 * 3 } {
        let at = random.below(mutated.len());
        let end = at + random.below(mutated.len() - at).min(200);
        match random.below(6) {
            0 => mutated.truncate(at),
            1 if at < mutated.len() => mutated[at] ^= 1 << random.below(8),
            2 if at < mutated.len() => mutated[at] = *MARKS.get(random.below(MARKS.len())).expect("a mark"),
            3 => {
                let piece = mutated[at..end].to_vec();
                mutated.splice(at..at, piece);
            }
            4 => {
                let from = random.below(other.len());
                mutated.splice(at..end, other[from..].iter().take(300).copied());
            }
            _ => drop(mutated.drain(at..end)),
        }
    }
    mutated
}

/// Bytes that mean something to one of the readers.
const MARKS: &[u8] = b"{}[]\",:\\\n\r 0189-+.eEtfn/?#%*\0\x7f\x80\xc3\xff";

/// Marsaglia's xorshift: the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 8) % end.max(1) as u64).expect("small")
    }
}

#[test]
fn mutations_are_many_and_always_the_same() {
    let (one, other) = (b"{\"prompt\":\"hello\"}".as_slice(), b"data: {}\n\n".as_slice());
    let all: Vec<_> = (0..=MUTATIONS).map(|number| mutation(one, other, number)).collect();
    assert_eq!(all[0], one);
    assert!(all.iter().collect::<BTreeSet<_>>().len() > 80);
    assert_eq!(all, (0..=MUTATIONS).map(|number| mutation(one, other, number)).collect::<Vec<_>>());
    let _ = mutation(b"", b"", 7);
}
