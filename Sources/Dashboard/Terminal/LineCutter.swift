/// Makes whole lines of pieces that are cut anywhere.
struct LineCutter {
    private var pending: [UInt8] = []

    mutating func take(_ bytes: [UInt8]) -> [String] {
        pending += bytes
        guard let end = pending.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let whole: ArraySlice<UInt8> = pending[..<end]
        defer { pending.removeFirst(end + 1) }
        return whole.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// What came after the last line break.
    mutating func rest() -> [String] {
        defer { pending = [] }
        return pending.isEmpty ? [] : [String(decoding: pending, as: UTF8.self)]
    }
}
