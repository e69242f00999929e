//! Runs the program in another language: each process answers one line at a time, and as many processes run as
//! threads ask at once.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::conversation::{Answering, NoAnswer};
use crate::cli::groups::ProcessGroup;

/// The most bytes in one answer.
const MOST_BYTES: u64 = 1 << 24;

/// How long a program that has closed its output may take to end, and to say its last words. After one has not ended
/// in time, others are not waited for.
const PARTING: Duration = Duration::from_secs(1);

/// A program of which a process is started for each question that is asked at the same time. It keeps nothing between
/// two questions, so any of its processes can answer any of them.
pub struct Processes {
    words: Vec<String>,
    timeout: Duration,
    idle: Mutex<Vec<Process>>,
    /// Whether one of the processes has closed its output without ending.
    lingers: AtomicBool,
}

impl Processes {
    /// # Errors
    ///
    /// The command can't be split into words as a shell would do it.
    pub fn of(command: &str, timeout: Duration) -> Result<Processes, String> {
        let words = words(command)?;
        if words.is_empty() {
            return Err(
                "it is empty: give a program and its arguments, such as 'python3 mine.py'".into()
            );
        }
        Ok(Processes { words, timeout, idle: Mutex::default(), lingers: AtomicBool::new(false) })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answering for Processes {
    fn answer(&self, question: &str) -> Result<String, NoAnswer> {
        let idle = self.idle().pop();
        let mut process = idle.map_or_else(|| Process::start(&self.words), Ok)?;
        let answer = process.answer(question, self.timeout, &self.lingers)?;
        self.idle().push(process);
        Ok(answer)
    }

    fn start_anew(&self) {
        self.idle().clear();
    }
}

/// One process, which is killed when it is dropped, together with all that it has started.
struct Process {
    child: Child,
    group: ProcessGroup,
    questions: Sender<String>,
    answers: Receiver<Line>,
    last_words: Receiver<String>,
}

/// What was read from a process.
enum Line {
    Text(String),
    Other(String),
    End,
}

impl Process {
    fn start(words: &[String]) -> Result<Process, NoAnswer> {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (mut child, group) = ProcessGroup::spawn(&mut command).map_err(|error| {
            NoAnswer::NotStarted(format!("--command: {:?} can't be started: {error}", words[0]))
        })?;
        let taken = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = taken else {
            return Err(NoAnswer::NotStarted("the program has no pipes".to_owned()));
        };
        let (questions, asked) = channel();
        let (answered, answers) = channel();
        let (heard, last_words) = channel();
        // A program that neither reads nor writes blocks only these threads, not the code that waits for an answer
        // with a time limit.
        std::thread::spawn(move || converse(stdin, stdout, &asked, &answered));
        std::thread::spawn(move || drop(heard.send(last_line(stderr))));
        Ok(Process { child, group, questions, answers, last_words })
    }

    fn answer(
        &mut self,
        question: &str,
        timeout: Duration,
        lingers: &AtomicBool,
    ) -> Result<String, NoAnswer> {
        let _ = self.questions.send(question.to_owned());
        match self.answers.recv_timeout(timeout) {
            Ok(Line::Text(line)) => Ok(line),
            Ok(Line::Other(what)) => Err(NoAnswer::With(what)),
            Ok(Line::End) | Err(RecvTimeoutError::Disconnected) => {
                Err(NoAnswer::Ended(self.end(lingers)))
            }
            Err(RecvTimeoutError::Timeout) => Err(NoAnswer::Late(timeout)),
        }
    }

    /// How a process that closed its output has ended, and what it said last.
    fn end(&mut self, lingers: &AtomicBool) -> String {
        let patience = if lingers.load(Ordering::Relaxed) { Duration::ZERO } else { PARTING };
        let until = Instant::now() + patience;
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status.to_string(),
                Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(2)),
                _ => {
                    lingers.store(true, Ordering::Relaxed);
                    break "it closed its output".to_owned();
                }
            }
        };
        // Processes that it has started may hold its standard error open.
        self.group.kill();
        match self.last_words.recv_timeout(PARTING) {
            Ok(words) if !words.is_empty() => format!("{words} ({status})"),
            _ => status,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.group.kill();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends one question after the other, and hands back the answer to each.
fn converse(
    mut stdin: ChildStdin,
    stdout: ChildStdout,
    questions: &Receiver<String>,
    answers: &Sender<Line>,
) {
    let mut stdout = BufReader::new(stdout);
    for question in questions {
        let asked =
            stdin.write_all(format!("{question}\n").as_bytes()).and_then(|()| stdin.flush());
        let answer = if asked.is_ok() { line(&mut stdout) } else { Line::End };
        let last = !matches!(answer, Line::Text(_));
        if answers.send(answer).is_err() || last {
            return;
        }
    }
}

/// The next line, if it is complete, and nothing follows it.
fn line(from: &mut BufReader<ChildStdout>) -> Line {
    let mut line = Vec::new();
    let read = from.by_ref().take(MOST_BYTES + 1).read_until(b'\n', &mut line);
    if read.is_ok() && line.len() as u64 > MOST_BYTES {
        return Line::Other(format!("more than {MOST_BYTES} bytes"));
    } else if read.is_err() || !line.ends_with(b"\n") {
        return Line::End;
    } else if !from.buffer().is_empty() {
        return Line::Other("more than one line".to_owned());
    }
    String::from_utf8(line).map_or_else(|_| Line::Other("what is not UTF-8".to_owned()), Line::Text)
}

/// The last line that is not empty.
fn last_line(stderr: ChildStderr) -> String {
    let (mut stderr, mut last) = (BufReader::new(stderr), String::new());
    loop {
        let mut line = Vec::new();
        match stderr.by_ref().take(1 << 12).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return last,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line);
        if !line.trim().is_empty() {
            last = line.trim().to_owned();
        }
    }
}

/// Splits a command into words as a shell does: at white space, except within quotes.
pub fn words(command: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in command.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    match quote {
        Some(open) => Err(format!("a quote {open} is not closed")),
        None => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_parted_as_a_shell_parts_it() {
        let parted = |command| words(command).unwrap();
        assert_eq!(parted("python3  mine.py\t-k 3"), ["python3", "mine.py", "-k", "3"]);
        assert_eq!(
            parted("a 'two words' \"it's\" x'y'z ''"),
            ["a", "two words", "it's", "xyz", ""]
        );
        assert!(words("sh -c 'open").is_err());
        assert!(Processes::of(" ", Duration::ZERO).is_err());
    }
}
