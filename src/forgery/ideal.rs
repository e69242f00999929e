//! Tampering with an ideal signature: it is only marked as tampered with.

use super::{Forge, Tampering};
use crate::general::General;
use crate::signature::Signatures;
use crate::signature::ideal::{Ideal, Token};

impl Forge for Ideal {
    fn title(&self) -> String {
        String::new()
    }

    fn tampered(&self, how: Tampering, by: General, statement: &[u8]) -> Token {
        Token { tampering: Some(how), ..self.sign(by, statement) }
    }

    fn odd(&self, _by: General, _statement: &[u8]) -> Vec<(&'static str, Token)> {
        Vec::new()
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn passes(&self, by: General, statement: &[u8], token: &Token) -> bool {
        self.verify(by, by, statement, token)
    }
}
