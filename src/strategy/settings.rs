//! Settings to choose from.

use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::{Reason, TestRunner};

use crate::adversary::Adversary;
use crate::setting::Setting;

/// Settings to choose from, the simplest first: a strategy that shrinks to fewer generals, and among equally many to
/// fewer traitors. (Settings with equally many generals on different graphs count as equally simple.)
///
/// ```
/// use turncoat::strategy::Settings;
///
/// // Wherever OM(m) claims to be right.
/// let settings = Settings::among(4..=7, |n| (n - 1) / 3);
/// assert_eq!(settings.all().len(), 4);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings(Vec<Setting>);

impl Settings {
    /// For each number of generals a setting with the adversary given for it, or with at most that many Byzantine
    /// traitors.
    pub fn among<A: Into<Adversary>>(
        generals: impl IntoIterator<Item = usize>,
        adversary: impl Fn(usize) -> A,
    ) -> Settings {
        generals.into_iter().map(|n| Setting::new(n, adversary(n))).collect()
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Setting] {
        &self.0
    }

    /// One of them, by number.
    pub(super) fn choose(&self, runner: &mut TestRunner) -> Result<usize, Reason> {
        if self.0.is_empty() {
            return Err("there is no setting to choose from: give at least one".into());
        }
        Ok((0..self.0.len()).new_tree(runner)?.current())
    }
}

/// Sorts the settings, the simplest first.
impl FromIterator<Setting> for Settings {
    fn from_iter<I: IntoIterator<Item = Setting>>(settings: I) -> Settings {
        let mut settings = Vec::from_iter(settings);
        settings.sort_by_key(|setting| (setting.n(), setting.adversary.traitors));
        Settings(settings)
    }
}

impl From<Setting> for Settings {
    fn from(setting: Setting) -> Settings {
        Settings(vec![setting])
    }
}

impl Strategy for Settings {
    type Tree = SettingTree;
    type Value = Setting;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Settings> {
        let last = self.choose(runner)?;
        Ok(SettingTree { settings: self.0.clone(), next: 0, last, current: last })
    }
}

/// A setting that can shrink: each simpler one is tried, starting with the simplest.
#[derive(Clone, Debug)]
pub struct SettingTree {
    settings: Vec<Setting>,
    /// The next to be tried.
    next: usize,
    /// The simplest so far that still fails.
    last: usize,
    current: usize,
}

impl SettingTree {
    fn advance(&mut self) -> bool {
        let more = self.next < self.last;
        self.current = if more { self.next } else { self.last };
        self.next += usize::from(more);
        more
    }
}

impl ValueTree for SettingTree {
    type Value = Setting;

    fn current(&self) -> Setting {
        self.settings[self.current].clone()
    }

    fn simplify(&mut self) -> bool {
        self.last = self.current;
        self.advance()
    }

    fn complicate(&mut self) -> bool {
        self.advance()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shrinks as proptest does; `fails` is the test.
    fn shrunk(mut tree: SettingTree, fails: impl Fn(Setting) -> bool) -> Setting {
        let mut more = tree.simplify();
        while more {
            more = if fails(tree.current()) { tree.simplify() } else { tree.complicate() };
        }
        tree.current()
    }

    #[test]
    fn they_shrink_to_fewer_generals() {
        let settings = Settings::among([7, 4, 5, 6, 3], |n| (n - 1) / 3);
        let tree =
            |last| SettingTree { settings: settings.0.clone(), next: 0, last, current: last };
        let fewest = |n: usize| move |setting: Setting| setting.n() >= n;
        for (start, least, expected) in [(4, 0, 3), (4, 5, 5), (2, 5, 5), (3, 6, 6), (0, 0, 3)] {
            let shrunk = shrunk(tree(start), fewest(least));
            assert_eq!(shrunk, Setting::new(expected, (expected - 1) / 3), "{start} {least}");
        }
    }
}
