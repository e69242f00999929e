//! Attacks that were found once: kept as files, and run again from then on.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use itertools::Itertools;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, Reason, TestRunner};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::artifacts::{write_artifacts, write_artifacts_with_attack};
use crate::attack::{Attack, AttackOn};
use crate::escape::escaped;
use crate::execution::{Counterexample, Size, run};
use crate::files;
use crate::hunt::Hunt;
use crate::protocol::Plain;
use crate::report::attack_file::AttackFile;
use crate::report::story::Story;
use crate::report::telling::stale;
use crate::report::text::among;
use crate::strategy::{Settings, attacks};
use crate::testable::{Testable, described};

/// A directory of attack files, one attack in each: every `*.json` in it.
///
/// A stored attack holds the messages themselves, so it outlives any change to how attacks are
/// found. A relative path is relative to the root of the crate, where cargo runs its tests.
///
/// ```no_run
/// use turncoat::regressions::Regressions;
/// use turncoat::{OralMessages, Testable, check};
///
/// let protocol = OralMessages::new(1);
/// let stored = Regressions::in_dir("proptest-regressions/attacks/oral");
/// stored.replay(&protocol).assert_survived();
///
/// // Somewhere an attack is found:
/// let found = check(&protocol).generals(3).traitors(1).assert_broken();
/// let file = stored.keep(&protocol.words().name(), &found.attack)?;
/// println!("kept in {}", file.display());
/// # Ok::<(), turncoat::regressions::NotKept>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Regressions {
    directory: PathBuf,
}

/// The fates of the stored attacks, in the order of their file names.
#[derive(Clone, Debug)]
#[must_use]
pub struct Replayed<'a, P: Testable> {
    /// The name of the protocol.
    pub protocol: String,
    /// Where the attacks are stored.
    pub directory: PathBuf,
    /// Each stored attack.
    pub attacks: Vec<Stored<'a, P>>,
}

/// A stored attack.
#[derive(Clone, Debug)]
pub struct Stored<'a, P: Testable> {
    /// Its file.
    pub file: PathBuf,
    /// What became of it.
    pub fate: Fate<'a, P>,
}

/// What became of a stored attack.
#[derive(Clone, Debug)]
pub enum Fate<'a, P: Testable> {
    /// It breaks the protocol.
    Broken(Box<Counterexample<&'a P>>),
    /// It can still be carried out in full, and violates nothing any more.
    Survived(Box<AttackOn<P>>),
    /// It is no longer what it was when it was stored, for this reason: it is meant for another protocol, does not
    /// fit this one, or some part of it has no effect. It violates nothing.
    Stale(String),
    /// The file can't be read, for this reason.
    Unreadable(String),
}

/// Why an attack could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// The file can't be written.
    #[error("the attack can't be kept in {}: {error}", file.display())]
    Unwritable {
        /// Which file.
        file: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The attack can't be written as JSON, or would be different when read again.
    #[error("the attack can't be kept as JSON: {0}")]
    NoJson(String),
}

/// How long an attack is shrunk, unless proptest is configured otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

impl Regressions {
    /// The attacks in this directory. A missing directory holds none.
    pub fn in_dir(directory: impl Into<PathBuf>) -> Regressions {
        Regressions { directory: directory.into() }
    }

    /// Runs every stored attack. An error in one file does not affect the others.
    pub fn replay<'a, P>(&self, protocol: &'a P) -> Replayed<'a, P>
    where
        P: Testable<Value: DeserializeOwned, Message: DeserializeOwned>,
    {
        let name = described("name", || escaped(&protocol.words().name()))
            .unwrap_or_else(|error| error.to_string());
        let attacks = match self.files() {
            Ok(files) => {
                let stored = |file: PathBuf| {
                    let fate = fate(protocol, &name, &file).unwrap_or_else(|why_not| why_not);
                    Stored { fate, file }
                };
                files.into_iter().map(stored).collect()
            }
            Err(error) => {
                let fate = Fate::Unreadable(one_line(error));
                vec![Stored { file: self.directory.clone(), fate }]
            }
        };
        Replayed { protocol: name, directory: self.directory.clone(), attacks }
    }

    /// Stores an attack, and returns its file. The same attack is stored once, however often it is found. `protocol`
    /// identifies the protocol under attack: by its [name](crate::Words::name), or by an object that describes it to
    /// another program.
    ///
    /// # Errors
    ///
    /// The file can't be written, or the attack can't be read back from it.
    pub fn keep<V, M>(
        &self,
        protocol: &impl Serialize,
        attack: &Attack<V, M>,
    ) -> Result<PathBuf, NotKept>
    where
        V: Plain + Serialize + DeserializeOwned,
        M: Plain + Serialize + DeserializeOwned,
    {
        let no_json = |error: &dyn fmt::Display| NotKept::NoJson(one_line(error));
        serde_json::to_value(protocol).map_err(|error| no_json(&error))?;
        serde_json::to_value(attack).map_err(|error| no_json(&error))?;
        let text = AttackFile::write(protocol, attack);
        let again = AttackFile::read(&text).and_then(AttackFile::attack::<V, M>);
        if again.map_err(|error| no_json(&error))? != *attack {
            return Err(no_json(&"it reads back as another attack"));
        }
        let name = format!("n{}-f{}-{:016x}", attack.n(), attack.traitors.len(), hash(&text));
        let file = self.directory.join(name).with_extension("json");
        let written = fs::create_dir_all(&self.directory).and_then(|()| files::write(&file, &text));
        written.map_err(|error| NotKept::Unwritable { file: file.clone(), error })?;
        Ok(file)
    }

    /// Asserts that the protocol survives all attacks that are stored here, and then as many attacks drawn in these
    /// settings as proptest has cases (`PROPTEST_CASES`, by default 256). An attack that breaks it is shrunk, for at
    /// most ten seconds (`PROPTEST_MAX_SHRINK_TIME`), and stored here, so that it is run first from then on.
    ///
    /// ```
    /// use turncoat::{OralMessages, Regressions, Setting};
    ///
    /// let stored = Regressions::in_dir("proptest-regressions/attacks/oral-among-four");
    /// stored.assert_survived_by(&OralMessages::new(1), Setting::new(4, 1));
    /// ```
    ///
    /// # Panics
    ///
    /// If an attack breaks the protocol, or a stored one is stale or unreadable, with the whole story; or if there is
    /// no setting, or the protocol can't be run in one.
    #[track_caller]
    pub fn assert_survived_by<P>(&self, protocol: &P, settings: impl Into<Settings>)
    where
        P: Testable,
        P::Value: Serialize + DeserializeOwned,
        P::Message: Serialize + DeserializeOwned,
    {
        self.replay(protocol).assert_survived();
        let found = match found(protocol, settings.into()) {
            Ok(None) => return,
            Ok(Some(found)) => found,
            Err(reason) => panic!("{}", reason.message()),
        };
        let attack = &found.attack;
        let name = described("name", || escaped(&protocol.words().name())).unwrap_or_default();
        let kept = match self.keep(&name, attack) {
            Ok(file) => format!("Kept in {}: from now on it comes first.", file.display()),
            Err(error) => format!("Not kept: {error}\n{attack:?}"),
        };
        panic!(
            "expected that all are survived\n\n{}\n\n{found}\n{kept}{}",
            among(&name, &attack.graph),
            write_artifacts_with_attack(&found)
        );
    }

    /// All attack files, in order of name.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let files = entries.map_ok(|entry| entry.path());
        let files = files.filter_ok(|file| file.extension().is_some_and(|kind| kind == "json"));
        let mut files: Vec<PathBuf> = files.try_collect()?;
        files.sort_unstable();
        Ok(files)
    }
}

/// What becomes of the attack in a file; an error if it can't be run.
fn fate<'a, P>(protocol: &'a P, name: &str, file: &Path) -> Result<Fate<'a, P>, Fate<'a, P>>
where
    P: Testable<Value: DeserializeOwned, Message: DeserializeOwned>,
{
    let text = files::read(file).map_err(|error| Fate::Unreadable(one_line(error)))?;
    let unreadable = |error| Fate::Unreadable(one_line(error));
    let file = AttackFile::read(&text).map_err(unreadable)?;
    if let Some(other) = file.protocol.as_str().filter(|other| escaped(other) != name) {
        return Err(Fate::Stale(one_line(format!("it is meant for {other}"))));
    }
    let attack: AttackOn<P> = file.attack().map_err(unreadable)?;
    let execution = run(protocol, &attack).map_err(|misfit| Fate::Stale(one_line(misfit)))?;
    let Some(violation) = execution.violation() else {
        return Ok(match stale(protocol, &attack, &execution) {
            Some(reason) => Fate::Stale(one_line(reason)),
            None => Fate::Survived(Box::new(attack)),
        });
    };
    let size = Size::NotMinimal;
    Ok(Fate::Broken(Box::new(Counterexample { attack, execution, violation, size, protocol })))
}

/// Draws attacks as proptest does, until one breaks the protocol, and shrinks that one.
fn found<P: Testable>(
    protocol: &P,
    settings: Settings,
) -> Result<Option<Counterexample<&P>>, Reason> {
    let config = Config::default();
    let (cases, patience) = (config.cases, config.max_shrink_time);
    let patience = if patience == 0 { PATIENCE } else { Duration::from_millis(patience.into()) };
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..config });
    let drawn = attacks(protocol, settings);
    for _ in 0..cases {
        let mut tree = drawn.new_tree(&mut runner)?;
        let Some(mut found) = broken(protocol, tree.current()) else { continue };
        let start = Instant::now();
        let mut more = tree.simplify();
        while more && start.elapsed() < patience {
            let smaller = broken(protocol, tree.current());
            more = if smaller.is_some() { tree.simplify() } else { tree.complicate() };
            found = smaller.unwrap_or(found);
        }
        let size = if more { Size::NotMinimal } else { Size::LocallyMinimal };
        return Ok(Some(Counterexample { size, ..found }));
    }
    Ok(None)
}

/// The counterexample, if the attack breaks the protocol.
fn broken<P: Testable>(protocol: &P, attack: AttackOn<P>) -> Option<Counterexample<&P>> {
    let execution = run(protocol, &attack).ok()?;
    let violation = execution.violation()?;
    Some(Counterexample { attack, execution, violation, size: Size::NotMinimal, protocol })
}

/// A hash of a text that is the same on all platforms and for ever (FNV-1a, 64 bits).
fn hash(text: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325;
    text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

fn one_line(text: impl fmt::Display) -> String {
    escaped(&text.to_string().lines().join(" "))
}

impl<'a, P: Testable> Replayed<'a, P> {
    /// The stored attacks that break the protocol.
    pub fn broken(&self) -> impl Iterator<Item = &Counterexample<&'a P>> {
        self.attacks.iter().filter_map(|stored| match &stored.fate {
            Fate::Broken(found) => Some(&**found),
            _ => None,
        })
    }

    /// The stored attacks that can be run, starting with those that break the protocol.
    pub fn runnable(&self) -> impl Iterator<Item = &AttackOn<P>> {
        let survived = self.attacks.iter().filter_map(|stored| match &stored.fate {
            Fate::Survived(attack) => Some(&**attack),
            _ => None,
        });
        self.broken().map(|found| &found.attack).chain(survived)
    }

    /// Asserts that the protocol survives all stored attacks, and that each can still be carried out.
    ///
    /// # Panics
    ///
    /// If not, with the whole story.
    #[track_caller]
    pub fn assert_survived(&self) {
        if !self.all_survived() {
            let artifacts = self.broken().map(write_artifacts).last().unwrap_or_default();
            panic!("expected that all are survived\n\n{self}{artifacts}");
        }
    }

    fn all_survived(&self) -> bool {
        self.attacks.iter().all(|stored| matches!(stored.fate, Fate::Survived(_)))
    }
}

impl<P> Hunt<P>
where
    P: Testable<Value: Serialize + DeserializeOwned, Message: Serialize + DeserializeOwned>,
{
    /// Asserts that the protocol survives all stored attacks, which are run first, and all attacks of this hunt. If
    /// the hunt finds one, it is stored, and run first from then on.
    ///
    /// # Panics
    ///
    /// If the protocol does not survive, with the whole story; if a stored attack is stale or can't be read (all
    /// others are run nevertheless, and so is the hunt); or if the question can't be answered.
    ///
    /// ```no_run
    /// use turncoat::{OralMessages, Regressions, hunt};
    ///
    /// let stored = Regressions::in_dir("proptest-regressions/attacks/oral");
    /// hunt(OralMessages::new(1)).generals(4).traitors(1).assert_survives(&stored);
    /// ```
    #[track_caller]
    pub fn assert_survives(self, stored: &Regressions) {
        let replayed = stored.replay(&self.protocol);
        let name = replayed.protocol.clone();
        let mut told = if replayed.all_survived() { vec![] } else { vec![replayed.to_string()] };
        match self.run() {
            Err(error) => panic!("{error}"),
            Ok(hunted) => {
                if let Some(found) = hunted.counterexample() {
                    told.push(format!("{hunted}{}", write_artifacts_with_attack(found)));
                    told.push(match stored.keep(&name, &found.attack) {
                        Ok(file) => format!("The attack is kept in {}.", file.display()),
                        Err(error) => error.to_string(),
                    });
                }
            }
        }
        assert!(told.is_empty(), "expected that all is survived\n\n{}", told.join("\n"));
    }
}

/// The fate of each stored attack, and the whole story of those that break the protocol.
impl<P: Testable> fmt::Display for Replayed<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Replayed { protocol, directory, attacks } = self;
        let stored = match attacks.len() {
            0 => "no stored attacks".to_owned(),
            1 => "1 stored attack".to_owned(),
            attacks => format!("{attacks} stored attacks"),
        };
        writeln!(f, "{protocol}: {stored} in {}", directory.display())?;
        for Stored { file, fate } in attacks {
            writeln!(f, "  {}: {fate}", name(file))?;
        }
        for Stored { file, fate } in attacks {
            if let Fate::Broken(found) = fate {
                let Counterexample { attack, execution, protocol, .. } = &**found;
                write!(f, "\n{}\n\n{}", name(file), Story::in_brief(protocol, attack, execution))?;
            }
        }
        Ok(())
    }
}

/// The fate in one line.
impl<P: Testable> fmt::Display for Fate<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fate::Broken(found) => write!(f, "broken: {}", found.violation.name()),
            Fate::Survived(_) => write!(f, "survived"),
            Fate::Stale(reason) => write!(f, "stale: {reason}"),
            Fate::Unreadable(reason) => write!(f, "unreadable: {reason}"),
        }
    }
}

/// The name of a file in its directory.
fn name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}
