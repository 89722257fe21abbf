import Machinery

/// How often tokens of service accounts are used, by what is to be known before old ways end. Source: pkg/serviceaccount/metrics.go.
struct TokenMetrics: Sendable {
    let legacy: Metrics.Counter
    let automatic: Metrics.Counter
    let manual: Metrics.Counter
    let invalid: Metrics.Counter
    let stale: Metrics.Counter
    let valid: Metrics.Counter

    init(_ metrics: Metrics) {
        legacy = metrics.counter("serviceaccount_legacy_tokens_total", "Uses of tokens that Secrets hold.")
        automatic = metrics.counter("serviceaccount_legacy_auto_token_uses_total", "Uses of tokens of Secrets that their accounts list.")
        manual = metrics.counter("serviceaccount_legacy_manual_token_uses_total", "Uses of tokens of Secrets that were made by hand.")
        invalid = metrics.counter(
            "serviceaccount_invalid_legacy_auto_token_uses_total", "Uses of tokens of Secrets that are marked as invalid.")
        stale = metrics.counter("serviceaccount_stale_tokens_total", "Uses of tokens of pods after the time that was asked for.")
        valid = metrics.counter("serviceaccount_valid_tokens_total", "Uses of tokens of pods within the time that was asked for.")
    }
}
