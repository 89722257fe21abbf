/// Sizes for people.
enum SizeText {
    /// `7.8MB`, as docker writes it.
    static func of(_ bytes: Int64) -> String {
        var value = Double(bytes)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 || unit == "GB" {
                let tenths = Int((value * 10).rounded())
                return unit == "B" || value >= 100 ? "\(Int(value.rounded()))\(unit)" : "\(tenths / 10).\(tenths % 10)\(unit)"
            }
            value /= 1000
        }
        return "\(bytes)B"
    }
}
