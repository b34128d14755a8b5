"""The family of questions about fusing components: fixtures, candidates, reference and effects."""
