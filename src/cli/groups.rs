//! Process groups: what a program has started ends with it, and both end when turncoat does.

use std::collections::BTreeSet;
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};

/// The groups that have not been killed, by the id of the process that leads each.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// A process, with all that it starts, unless that leaves the group. It is killed once.
pub struct ProcessGroup(Option<u32>);

impl ProcessGroup {
    /// Starts a program in a group of its own: Ctrl-C ends the search, not the program, which would look as if that had
    /// failed.
    pub fn spawn(command: &mut Command) -> std::io::Result<(Child, ProcessGroup)> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        // Whoever ends all of them waits for this one, too.
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn()?;
        running.insert(child.id());
        let group = ProcessGroup(Some(child.id()));
        Ok((child, group))
    }

    /// Kills all of it, if it was not killed before: from then on the id may be another one's.
    pub fn kill(&mut self) {
        if let Some(leader) = self.0.take() {
            RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&leader);
            kill(leader);
        }
    }
}

/// Kills all that run, for good: turncoat ends.
pub fn kill_all() {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.iter().copied().for_each(kill);
    // Nothing is started from now on.
    std::mem::forget(running);
}

#[cfg(unix)]
fn kill(leader: u32) {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;
    if let Ok(leader) = i32::try_from(leader) {
        // It may have ended by itself.
        let _ = killpg(Pid::from_raw(leader), Signal::SIGKILL);
    }
}

/// Elsewhere only the process itself is killed.
#[cfg(not(unix))]
fn kill(_: u32) {}
