//! Files: read up to a size limit, and written whole, so that nobody ever finds half a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest attack, graph or part file that is read, in MiB.
const MOST: u64 = 16;

/// Reads the text in a file, or from a pipe.
pub(crate) fn read(file: &Path) -> io::Result<String> {
    read_from(File::open(file)?)
}

/// Reads everything, if it is text and no larger than [`MOST`].
pub(crate) fn read_from(source: impl Read) -> io::Result<String> {
    read_up_to(source, MOST)
}

/// Reads everything, if it is at most this many MiB: a device has no end.
pub(crate) fn read_up_to(source: impl Read, most: u64) -> io::Result<String> {
    let (bytes, mut text) = (most << 20, String::new());
    if source.take(bytes + 1).read_to_string(&mut text)? as u64 > bytes {
        return Err(io::Error::other(format!("there is too much in it: it may have {most} MiB")));
    }
    Ok(text)
}

/// Writes a whole file. The text goes to a draft beside the file, and replaces the file once all of it is on the
/// disk. Anything but a regular file, such as a pipe or a terminal, is written to directly.
pub(crate) fn write(file: &Path, text: &str) -> io::Result<()> {
    let old = match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        found => Some(found?),
    };
    let Some(old) = old else { return replace(file, text, None) };
    // A file that may not be written to is not replaced either.
    let mut there = OpenOptions::new().write(true).open(file)?;
    if !old.is_file() {
        return there.write_all(text.as_bytes()).and_then(|()| there.flush());
    }
    // For a link, the file that it leads to is replaced.
    replace(&fs::canonicalize(file)?, text, Some(old.permissions()))
}

/// Checks whether [`write`] could write this file, as far as that can be known beforehand. Changes nothing. Anything
/// but a regular file is not tried: opening a pipe can block until it has a reader, and closing it ends the reader's
/// input.
#[cfg(any(feature = "cli", test))]
pub(crate) fn try_to_write(file: &Path) -> io::Result<()> {
    let folder = match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => folder_of(file).to_owned(),
        Ok(old) if !old.is_file() && !old.is_dir() => return Ok(()),
        _ => {
            OpenOptions::new().write(true).open(file)?;
            folder_of(&fs::canonicalize(file)?).to_owned()
        }
    };
    let (draft, _) = draft(&folder)?;
    fs::remove_file(draft)
}

fn replace(file: &Path, text: &str, permissions: Option<fs::Permissions>) -> io::Result<()> {
    let (draft, mut new) = draft(folder_of(file))?;
    let written = new.write_all(text.as_bytes());
    let written = written.and_then(|()| permissions.map_or(Ok(()), |of| new.set_permissions(of)));
    let written = written.and_then(|()| new.sync_all());
    drop(new);
    let placed = written.and_then(|()| fs::rename(&draft, file));
    if placed.is_err() {
        // A draft that can't be put in place is removed. If that fails too, the first error says more.
        let _ = fs::remove_file(&draft);
    } else {
        sync_folder(file);
    }
    placed
}

/// Syncs the folder, so that the file's name is on the disk. If a folder can't be synced, the file is as safe as the
/// system makes it.
pub(crate) fn sync_folder(file: &Path) {
    let _ = File::open(folder_of(file)).and_then(|folder| folder.sync_all());
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Creates a draft: a new file in this folder.
fn draft(folder: &Path) -> io::Result<(PathBuf, File)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let draft = folder.join(format!(".turncoat-{}-{number}.draft", process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&draft) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (draft, file)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty folder.
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("turncoat-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = folder("replaced");
        let file = folder.join("a.txt");
        for text in ["one", "two, which is longer", ""] {
            write(&file, text).unwrap();
            assert_eq!(read(&file).unwrap(), text);
        }
        assert!(write(&folder.join("nowhere/a.txt"), "").is_err());
        assert!(write(&folder, "a folder is no file").is_err());
        assert!(try_to_write(&folder.join("nowhere/a.txt")).is_err());
        assert!(try_to_write(&folder).is_err());
        for there in ["a.txt", "new.txt"] {
            try_to_write(&folder.join(there)).unwrap();
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay_and_a_device_is_not_replaced() {
        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

        let folder = folder("linked");
        let (file, link) = (folder.join("a.txt"), folder.join("link"));
        write(&file, "one").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a.txt", &link).unwrap();
        write(&link, "two").unwrap();
        assert_eq!(read(&file).unwrap(), "two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        fs::remove_dir_all(&folder).unwrap();
        let null = Path::new("/dev/null");
        write(null, "nothing").unwrap();
        assert!(fs::metadata(null).unwrap().file_type().is_char_device());
    }

    #[test]
    fn what_has_no_end_is_not_read_to_its_end() {
        assert_eq!(read_from(io::repeat(b'a').take(MOST << 20)).unwrap().len(), 16 << 20);
        let error = read_from(io::repeat(b'a')).unwrap_err().to_string();
        assert_eq!(error, "there is too much in it: it may have 16 MiB");
    }
}
