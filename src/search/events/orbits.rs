//! The orbits of local states under the renamings that change nothing in a column: one state of each orbit is visited.

use super::group::{Group, RenamingId};
use super::locals::{LocalId, Locals};
use super::stop::Stop;

pub(super) struct Orbits<'c> {
    pub group: &'c Group,
    /// The renamings that change nothing; the first renames nobody.
    pub stabilizer: &'c [RenamingId],
}

impl Orbits<'_> {
    /// The first local state in the orbit of this one, and the size of the orbit.
    pub fn first(&self, locals: &mut Locals<'_>, local: LocalId) -> Result<(LocalId, usize), Stop> {
        if self.stabilizer.len() <= 1 {
            return Ok((local, 1));
        }
        let (mut first, mut same) = (local, 0);
        for renaming in self.stabilizer {
            let renamed = self.renamed(locals, local, *renaming)?;
            first = first.min(renamed);
            same += usize::from(renamed == local);
        }
        Ok((first, self.stabilizer.len() / same))
    }

    pub fn renamed(
        &self,
        locals: &mut Locals<'_>,
        local: LocalId,
        renaming: RenamingId,
    ) -> Result<LocalId, Stop> {
        let mut renamed = local;
        for swap in self.group.swaps(renaming) {
            renamed = locals.swapped(renamed, *swap)?;
        }
        Ok(renamed)
    }
}
