//! Digests that identify code: they reveal part files that are about another protocol.

use std::fs::File;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

/// The digest of a text.
pub fn of_text(text: &str) -> String {
    in_hex(&Sha256::digest(text))
}

/// The digest of a file's content.
pub fn of_file(file: &Path) -> io::Result<String> {
    let (mut digest, mut file) = (Sha256::new(), File::open(file)?);
    let mut bytes = vec![0; 1 << 16];
    loop {
        match io::Read::read(&mut file, &mut bytes)? {
            0 => return Ok(in_hex(&digest.finalize())),
            read => digest.update(&bytes[..read]),
        }
    }
}

/// The digest of this program.
pub fn of_this_program() -> io::Result<String> {
    of_file(&std::env::current_exe()?)
}

fn in_hex(digest: &[u8]) -> String {
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
