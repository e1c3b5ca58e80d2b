//! The files of a configuration: the one that is named, then `conf.d/*.toml` beside it in the order
//! of their names. Each is read once, so that what is checked is what is told.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use config::{FileFormat, Format, Map, Source, Value};
use toml::Spanned;
use toml::de::DeTable;

use crate::named_file;

/// The folder of further files, beside the first.
pub(super) const FOLDER: &str = "conf.d";

/// A file as it was read.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// Its name, as it is told.
    pub(super) name: String,
    text: String,
}

/// Reads all files that can be read and are TOML, and tells every other one.
pub(super) fn read(first: &Path) -> (Vec<Document>, Vec<String>) {
    let mut faults = Vec::new();
    if !first.exists() {
        // Its folder says nothing then.
        return (Vec::new(), Document::read(first).err().into_iter().collect());
    }
    let further = further(first).unwrap_or_else(|fault| {
        faults.push(fault);
        Vec::new()
    });
    let mut documents = Vec::new();
    for path in std::iter::once(first.to_owned()).chain(further) {
        match Document::read(&path) {
            Ok(document) => documents.push(document),
            Err(fault) => faults.push(fault),
        }
    }
    (documents, faults)
}

/// The files in the folder beside this one.
fn further(first: &Path) -> Result<Vec<PathBuf>, String> {
    let folder = first.with_file_name(FOLDER);
    let unreadable = |error: io::Error| format!("{}: {error}", folder.display());
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if is_meant(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Hidden files and the copies that editors and packages leave are not.
fn is_meant(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden && path.extension().is_some_and(|extension| extension == "toml")
}

impl Document {
    fn read(path: &Path) -> Result<Self, String> {
        let name = path.display().to_string();
        let text = named_file::read_to_string(path)
            .map_err(|error| format!("{name}: {error}; name a file that can be read"))?;
        let document = Self { name, text };
        let fault = DeTable::parse(&document.text).err().map(|error| {
            // Its own words would show the line, which may hold a password.
            let span = error.span().unwrap_or_default();
            let what = error.message().replace('\n', ", ");
            // The name of a key is no secret.
            let key = document.text.get(span.clone()).filter(|_| what == "duplicate key");
            let key = key.map(|key| format!(" {}; keep one of them", key.trim()));
            format!("{}: {what}{}", document.place(span.start), key.unwrap_or_default())
        });
        fault.map_or(Ok(document), Err)
    }

    /// What it says, each value with its place.
    pub(super) fn table(&self) -> Option<Spanned<DeTable<'_>>> {
        DeTable::parse(&self.text).ok()
    }

    /// File, line and column of a place in the text, as compilers write them.
    pub(super) fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let number = before.matches('\n').count() + 1;
        format!("{}:{number}:{}", self.name, line.chars().count() + 1)
    }
}

impl Source for Document {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        FileFormat::Toml
            .parse(Some(&self.name), &self.text)
            .map_err(|cause| config::ConfigError::FileParse { uri: Some(self.name.clone()), cause })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_are_meant_are_read_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("crawld.toml");
        assert_eq!(read(&first).1.len(), 1, "it is not there");
        fs::write(&first, "").unwrap();
        assert_eq!(read(&first).0.len(), 1, "no folder");
        let more = folder.path().join(FOLDER);
        fs::create_dir(&more).unwrap();
        for name in ["b.toml", "a.toml", "10.toml", ".a.toml", ".#a.toml"] {
            fs::write(more.join(name), "").unwrap();
        }
        for name in ["a.toml~", "a.toml.dpkg-old", "a.bak", "README", "#a.toml#"] {
            fs::write(more.join(name), "not = = toml").unwrap();
        }
        let documents = read(&first).0;
        let names = documents.iter().map(|document| document.name.rsplit('/').next().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["crawld.toml", "10.toml", "a.toml", "b.toml"]);
    }

    #[test]
    fn each_file_that_cannot_be_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("crawld.toml");
        fs::write(&first, "[http\n").unwrap();
        let more = folder.path().join(FOLDER);
        fs::create_dir_all(more.join("folder.toml")).unwrap();
        std::os::unix::fs::symlink("nowhere", more.join("link.toml")).unwrap();
        fs::write(more.join("bytes.toml"), b"\xff").unwrap();
        let faults = read(&first).1;
        let names = ["crawld.toml:1:", "bytes.toml: ", "folder.toml: ", "link.toml: "];
        assert_eq!(faults.len(), names.len(), "{faults:#?}");
        for (fault, name) in faults.iter().zip(names) {
            assert!(fault.contains(name) && !fault.contains('\n'), "{name} {fault}");
        }
        fs::remove_dir_all(&more).unwrap();
        fs::write(&more, "").unwrap();
        assert!(read(&first).1[0].contains("conf.d: "), "a file is no folder");
    }
}
