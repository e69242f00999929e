//! Process groups: everything that a program has started ends with it, and all of it ends with turncoat.

use std::collections::BTreeSet;
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};

/// The groups that have not been killed, by the process id of their leaders.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// A process and everything that it starts, except what leaves the group. It is killed at most once.
pub struct ProcessGroup(Option<u32>);

impl ProcessGroup {
    /// Starts a program in a group of its own, so that Ctrl-C ends the search and not the program: otherwise the
    /// program would seem to have failed.
    pub fn spawn(command: &mut Command) -> std::io::Result<(Child, ProcessGroup)> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        // `kill_all` waits for this lock, so it also kills this process.
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn()?;
        running.insert(child.id());
        let group = ProcessGroup(Some(child.id()));
        Ok((child, group))
    }

    /// Kills the whole group, unless it was killed before: from then on its id may belong to another process.
    pub fn kill(&mut self) {
        if let Some(leader) = self.0.take() {
            RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&leader);
            kill(leader);
        }
    }
}

/// Kills all running groups for good, because turncoat ends.
pub fn kill_all() {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.iter().copied().for_each(kill);
    // The lock stays held, so no other program can be started from now on.
    std::mem::forget(running);
}

#[cfg(unix)]
fn kill(leader: u32) {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;
    if let Ok(leader) = i32::try_from(leader) {
        // The group may have ended by itself.
        let _ = killpg(Pid::from_raw(leader), Signal::SIGKILL);
    }
}

/// On other systems only the process itself is killed.
#[cfg(not(unix))]
fn kill(_: u32) {}
