extension Duration {
    /// The form of kubectl's AGE column: two or three significant figures, `45s`, `2m10s`, `5d3h`, `2y36d`.
    ///
    /// A second in the future is 0s, for clocks differ; more is `<invalid>`. Source: `HumanDuration` of k8s.io/apimachinery.
    public var human: String {
        let seconds: Int64 = components.seconds
        if seconds < -1 { return "<invalid>" }
        if seconds < 0 { return "0s" }
        if seconds < 120 { return "\(seconds)s" }
        let minutes: Int64 = seconds / 60
        if minutes < 10 { return Self.pair(minutes, "m", seconds % 60, "s") }
        if minutes < 180 { return "\(minutes)m" }
        let hours: Int64 = minutes / 60
        if hours < 8 { return Self.pair(hours, "h", minutes % 60, "m") }
        if hours < 48 { return "\(hours)h" }
        let days: Int64 = hours / 24
        if hours < 24 * 8 { return Self.pair(days, "d", hours % 24, "h") }
        if days < 365 * 2 { return "\(days)d" }
        if days < 365 * 8 { return Self.pair(days / 365, "y", days % 365, "d") }
        return "\(days / 365)y"
    }

    /// One figure only: `90s` is `1m`. Source: `ShortHumanDuration` of k8s.io/apimachinery.
    public var shortHuman: String {
        let seconds: Int64 = components.seconds
        if seconds < -1 { return "<invalid>" }
        if seconds < 0 { return "0s" }
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3600 { return "\(seconds / 60)m" }
        if seconds < 86_400 { return "\(seconds / 3600)h" }
        if seconds < 86_400 * 365 { return "\(seconds / 86_400)d" }
        return "\(seconds / (86_400 * 365))y"
    }

    private static func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }
}
