/// A line of a container's log as runtimes write it: `2026-11-22T20:00:00.123456789Z stdout F text`.
struct CRILine {
    /// RFC 3339 with nanoseconds.
    let timestamp: ArraySlice<UInt8>
    /// `stdout` or `stderr`.
    let stream: ArraySlice<UInt8>
    /// The text goes on in the next line.
    let isPartial: Bool
    let text: ArraySlice<UInt8>

    /// nil for a line of another form; the line comes without its newline.
    init?(_ line: ArraySlice<UInt8>) {
        let space = UInt8(ascii: " ")
        guard let first = line.firstIndex(of: space), let second = line[(first + 1)...].firstIndex(of: space) else { return nil }
        let rest: ArraySlice<UInt8> = line[(second + 1)...]
        guard let third = rest.firstIndex(of: space) else { return nil }
        timestamp = line[..<first]
        stream = line[(first + 1)..<second]
        isPartial = rest[..<third].first == UInt8(ascii: "P")
        text = line[(third + 1)...]
    }
}
