/// One frame of SPDY/3.1, as far as this house reads and writes it. Source: draft-mbelshe-httpbis-spdy-00, section 2.6.
enum SPDYFrame: Equatable {
    case data(stream: UInt32, bytes: ArraySlice<UInt8>, isLast: Bool)
    /// Opens a stream; `block` is its packed head.
    case open(stream: UInt32, block: ArraySlice<UInt8>, isLast: Bool)
    case reply(stream: UInt32, block: ArraySlice<UInt8>, isLast: Bool)
    case headers(stream: UInt32, block: ArraySlice<UInt8>, isLast: Bool)
    case reset(stream: UInt32, status: UInt32)
    case ping(UInt32)
    /// No further stream will be taken.
    case goAway(lastStream: UInt32)
    /// Settings, windows and what else may be ignored: the programs that speak this protocol here use TCP's flow control alone.
    case other

    /// Largest payload that is taken, in bytes; kubectl's are of 32 KiB.
    static let limit: Int = 1 << 20

    private enum Kind: UInt16 {
        case open = 1, reply, reset, settings, ping = 6, goAway, headers, window
    }

    /// Takes the first whole frame off the bytes; nil while there is none. Throws ``HTTPError/malformedAnswer(_:)`` for what is no frame.
    init?(takenFrom bytes: inout ArraySlice<UInt8>) throws(HTTPError) {
        guard bytes.count >= 8 else { return nil }
        let start: Int = bytes.startIndex
        func number(_ offset: Int) -> UInt32 {
            bytes[(start + offset)..<(start + offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
        }
        let length = Int(number(4) & 0xFF_FFFF)
        guard length <= Self.limit else { throw HTTPError.malformedAnswer("the other side of SPDY") }
        guard bytes.count >= 8 + length else { return nil }
        let flags: UInt8 = bytes[start + 4]
        let payload: ArraySlice<UInt8> = bytes[(start + 8)..<(start + 8 + length)]
        let isLast: Bool = flags & 1 != 0
        let first: UInt32 = number(0)
        defer { bytes = bytes[(start + 8 + length)...] }
        guard first & 0x8000_0000 != 0 else {
            self = .data(stream: first, bytes: payload, isLast: isLast)
            return
        }
        let kind = Kind(rawValue: UInt16(truncatingIfNeeded: first & 0xFFFF))
        let least: Int =
            switch kind {
            case .open: 10
            case .reset: 8
            case .reply, .headers, .ping, .goAway: 4
            case .settings, .window, nil: 0
            }
        guard first >> 16 == 0x8003, length >= least else { throw HTTPError.malformedAnswer("the other side of SPDY") }
        let stream: UInt32 = length >= 4 ? number(8) & 0x7FFF_FFFF : 0
        self =
            switch kind {
            case .open: .open(stream: stream, block: payload.dropFirst(10), isLast: isLast)
            case .reply: .reply(stream: stream, block: payload.dropFirst(4), isLast: isLast)
            case .headers: .headers(stream: stream, block: payload.dropFirst(4), isLast: isLast)
            case .reset: .reset(stream: stream, status: number(12))
            case .ping: .ping(number(8))
            case .goAway: .goAway(lastStream: stream)
            case .settings, .window, nil: .other
            }
    }

    /// The frame on the wire.
    var bytes: [UInt8] {
        switch self {
        case .data(let stream, let bytes, let isLast): Self.head(stream, isLast, bytes.count) + bytes
        case .open(let stream, let block, let isLast):
            Self.control(.open, isLast, 10 + block.count) + Self.number(stream) + [0, 0, 0, 0, 0, 0] + block
        case .reply(let stream, let block, let isLast): Self.control(.reply, isLast, 4 + block.count) + Self.number(stream) + block
        case .headers(let stream, let block, let isLast): Self.control(.headers, isLast, 4 + block.count) + Self.number(stream) + block
        case .reset(let stream, let status): Self.control(.reset, false, 8) + Self.number(stream) + Self.number(status)
        case .ping(let id): Self.control(.ping, false, 4) + Self.number(id)
        case .goAway(let stream): Self.control(.goAway, false, 8) + Self.number(stream) + [0, 0, 0, 0]
        case .other: []
        }
    }

    private static func control(_ kind: Kind, _ isLast: Bool, _ length: Int) -> [UInt8] {
        head(0x8003_0000 | UInt32(kind.rawValue), isLast, length)
    }

    private static func head(_ first: UInt32, _ isLast: Bool, _ length: Int) -> [UInt8] {
        number(first) + number((isLast ? 0x0100_0000 : 0) | UInt32(length))
    }

    private static func number(_ value: UInt32) -> [UInt8] {
        [
            UInt8(truncatingIfNeeded: value >> 24), UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8),
            UInt8(truncatingIfNeeded: value),
        ]
    }
}
