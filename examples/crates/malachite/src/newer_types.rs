//! What 0.8.2 asks of types that 0.5.0 does not.

/// What a context has beside.
macro_rules! timeouts {
    () => {
        type Timeouts = super::types::LinearTimeouts;
    };
}

/// What a scheme of signatures has beside.
macro_rules! public_keys {
    () => {
        fn decode_public_key(_: &[u8]) -> Result<(), String> {
            Ok(())
        }
        fn encode_public_key(_: &()) -> Vec<u8> {
            Vec::new()
        }
    };
}
