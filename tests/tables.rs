//! Random tables drawn from a seed, each entry when it is looked up: they define what a random protocol does.

/// The tables of one seed.
#[derive(Clone, Copy, Debug)]
pub struct Tables(pub u64);

impl Tables {
    /// A number below `end`, the same each time for the same entry.
    pub fn draw<const N: usize>(self, what: &str, entry: [usize; N], end: usize) -> usize {
        let mut hash = self.0.wrapping_add(1);
        for part in what.bytes().map(u64::from).chain(entry.map(|part| part as u64)) {
            hash = (hash ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            hash ^= hash >> 29;
        }
        hash = (hash ^ (hash >> 32)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((hash >> 33) % end as u64) as usize
    }

    pub fn one_in<const N: usize>(self, many: usize, what: &str, entry: [usize; N]) -> bool {
        self.draw(what, entry, many) == 0
    }
}
