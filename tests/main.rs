//! All integration tests, in one binary, so that proptest's regressions land at the top level.
