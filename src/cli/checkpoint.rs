//! A checkpoint: a file that records how far a search has come, so that after a crash the same command resumes from
//! there. Each line is complete and sealed, and the last one counts.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::answer::BadInput;
use super::asked::of_another;
use crate::files;
use crate::question::CheckError;
use crate::report::part_file::PartFile;
use crate::search::milestone::Milestone;
use crate::search::part::Part;
use crate::search::progress::Progress;

/// The largest checkpoint that is read, in MiB.
const MOST_RECORDED: u64 = 256;

/// Progress is recorded after this long, and then whenever the search has taken a fiftieth more time. So little work
/// is lost, and the file stays small.
const SOON: Duration = Duration::from_millis(100);
const SHARE: u32 = 50;

/// A checkpoint file that is locked against other processes.
pub struct Checkpoint {
    path: PathBuf,
    file: File,
    question: Value,
    part: Part,
    last: Option<Milestone>,
}

impl Checkpoint {
    /// Opens or creates the checkpoint in a file, for this question and this part. An incomplete last line is
    /// ignored, and removed from the file.
    pub fn open(path: &Path, question: &Value, part: Part) -> Result<Checkpoint, BadInput> {
        let trouble =
            |error: &dyn std::fmt::Display| BadInput(format!("{}: {error}", path.display()));
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(trouble(&"a checkpoint must be a regular file: name another one"));
        }
        let mut file = OpenOptions::new();
        let file = file.create(true).truncate(false).read(true).append(true).open(path);
        let file = file.map_err(|error| trouble(&error))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(trouble(
                    &"another process is at this checkpoint: wait for it, or name another file",
                ));
            }
            // On systems that can't lock files, other processes are not kept out.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let text = files::read_up_to(&file, MOST_RECORDED).map_err(|error| trouble(&error))?;
        let (whole, begun) = text.split_at(text.rfind('\n').map_or(0, |end| end + 1));
        if !PartFile::could_begin(begun, whole.is_empty()) {
            return Err(trouble(&"it is there, and is no checkpoint: name another file"));
        }
        let mut last = None;
        for (number, line) in whole.lines().enumerate() {
            let read = PartFile::read(line);
            let read = read.map_err(|error| trouble(&format!("line {}: {error}", number + 1)))?;
            let other = match of_another(&read.question, question) {
                Some((what, more)) => format!("what is recorded there is of {what}{more}"),
                None if read.part != part => {
                    format!("what is recorded there is of part {}, and this is {part}", read.part)
                }
                None if read.reached.is_none() => "it is the result of a shard".to_owned(),
                None => {
                    last = read.reached;
                    continue;
                }
            };
            return Err(trouble(&format!("{other}: name another file")));
        }
        file.set_len(whole.len() as u64).map_err(|error| trouble(&error))?;
        // Lines are synced as they are written. The file's name must be synced as well, so that they can be found.
        files::sync_folder(path);
        let (path, question) = (path.to_owned(), question.clone());
        Ok(Checkpoint { path, file, question, part, last })
    }

    /// Resumes the search where it was left, and records its progress.
    pub fn keep<T>(
        &mut self,
        progress: &Progress,
        search: impl FnOnce() -> Result<T, CheckError>,
    ) -> Result<T, BadInput> {
        progress.milestones.keep(self.last);
        let (searching, is_over) = channel();
        let (found, recorded) = std::thread::scope(|scope| {
            let keeper = scope.spawn(move || self.record_until(&is_over, progress));
            let found = search();
            drop::<Sender<()>>(searching);
            (found, keeper.join().expect("it records"))
        });
        recorded?;
        found.map_err(BadInput::new)
    }

    /// Records a search's progress from time to time, until it is over.
    fn record_until(
        &mut self,
        is_over: &Receiver<()>,
        progress: &Progress,
    ) -> Result<(), BadInput> {
        let start = Instant::now();
        loop {
            let rest = SOON.max(start.elapsed() / SHARE);
            let goes_on = is_over.recv_timeout(rest) == Err(RecvTimeoutError::Timeout);
            if let Err(error) = self.record(progress.milestones.last()) {
                progress.stop();
                let path = self.path.display();
                return Err(BadInput(format!("{path} can't be written: {error}")));
            }
            if !goes_on {
                return Ok(());
            }
        }
    }

    fn record(&mut self, reached: Option<Milestone>) -> io::Result<()> {
        let Some(milestone) = reached.filter(|_| reached != self.last) else { return Ok(()) };
        let steps = milestone.steps + milestone.last_round;
        let mut part = PartFile::new(self.question.clone(), self.part, steps, None);
        part.reached = reached;
        let line = part.write();
        let before = self.file.metadata().map(|file| file.len());
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        if let (Err(_), Ok(before)) = (&written, before) {
            // An incomplete line is removed. If that fails too, it is ignored when the file is read.
            let _ = self.file.set_len(before);
        }
        self.last = reached;
        written
    }
}
