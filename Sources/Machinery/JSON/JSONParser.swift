extension JSON {
    /// Reads one value and nothing behind it. Refuses names that stand twice in one object, invalid UTF-8, and more than
    /// 10,000 levels. Source: RFC 8259; half a surrogate pair reads as U+FFFD, as in Go.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> JSON in try JSON(parsing: buffer) }
    }

    public init(parsing bytes: ArraySlice<UInt8>) throws(JSONError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> JSON in try JSON(parsing: buffer) }
    }

    public init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }

    public init(parsing bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
        var parser = JSONParser(bytes: bytes, refusesDuplicates: true)
        self = try parser.document()
    }

    /// The same, but the last of several values for one name wins, and the paths of such names (`spec.containers[0].image`,
    /// 100 at most) are added to `duplicates`: what Kubernetes warns of as `duplicate field "…"`.
    public init(parsing bytes: [UInt8], duplicates: inout [String]) throws(JSONError) {
        var found: [String] = []
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> JSON in
            var parser = JSONParser(bytes: buffer, refusesDuplicates: false)
            let json: JSON = try parser.document()
            found = parser.duplicates
            return json
        }
        duplicates += found
    }
}

/// Reads bytes to a tree in one pass, without recursion: open arrays and objects stand in `frames`, their finished elements in
/// two piles, from which each container takes its own when it closes. So its storage has exactly the size it needs. A member
/// whose value is being read stands on its pile with null. Texts and numbers are read in JSONParser+Scalars.swift.
struct JSONParser: ~Copyable {
    static let maxDepth: Int = 10_000

    private struct Frame {
        let isObject: Bool
        /// Where this container's elements begin in its pile.
        let start: Int
        /// One bit for each hash of a name read so far: a clear bit proves a name new.
        var seen: UInt64 = 0
        /// The name being read stood in this object before.
        var isRepeated: Bool = false
        /// Where this container stands among what is left out.
        let place: Int
    }

    let bytes: UnsafeBufferPointer<UInt8>
    private let refusesDuplicates: Bool
    private let omissions: JSONOmissions
    /// Where the value that comes next stands among what is left out.
    private var place: Int
    private(set) var duplicates: [String] = []
    var at: Int = 0
    private var frames: [Frame] = []
    private var elements = Pile<JSON>()
    private var members = Pile<JSONObject.Member>()
    private var keys: JSONKeyCache
    var scratch: [UInt8] = []
    /// Names of each open object that has outgrown linear search, innermost last.
    private var largeNames: [(depth: Int, names: Set<ExactText>)] = []

    init(bytes: UnsafeBufferPointer<UInt8>, refusesDuplicates: Bool, leavingOut omissions: JSONOmissions = []) {
        self.bytes = bytes
        self.refusesDuplicates = refusesDuplicates
        self.omissions = omissions
        place = omissions.start
        keys = JSONKeyCache(bytes: bytes)
        frames.reserveCapacity(16)
    }

    /// The only value of the bytes.
    mutating func document() throws(JSONError) -> JSON {
        let json: JSON = try value()
        guard next() == nil else { throw unexpected("after top-level value") }
        return json
    }

    /// The next value of a stream of values and where it begins; nil at the end.
    mutating func nextDocument() throws(JSONError) -> (json: JSON, start: Int)? {
        guard next() != nil else { return nil }
        let start: Int = at
        return (try value(), start)
    }

    private mutating func value() throws(JSONError) -> JSON {
        while true {
            var value: JSON
            let mark: UInt8? = next()
            switch mark {
            case UInt8(ascii: "{"):
                try open(isObject: true)
                if next() != UInt8(ascii: "}"), try readKey() { continue }
                at += 1
                frames.removeLast()
                value = .object(JSONObject())
            case UInt8(ascii: "["):
                try open(isObject: false)
                if next() != UInt8(ascii: "]") { continue }
                at += 1
                frames.removeLast()
                value = .array([])
            default:
                value = try scalar()
            }
            while true {
                guard let depth = frames.indices.last else { return value }
                if frames[depth].isObject {
                    finishMember(value, depth)
                    var mark: UInt8? = next()
                    if mark == UInt8(ascii: ",") {
                        at += 1
                        _ = next()
                        if try readKey() { break }
                        mark = next()
                    }
                    guard mark == UInt8(ascii: "}") else { throw unexpected("after object key:value pair") }
                    at += 1
                    if largeNames.last?.depth == depth { largeNames.removeLast() }
                    value = .object(JSONObject(members: members.take(from: frames.removeLast().start)))
                } else {
                    elements.append(value)
                    let mark: UInt8? = next()
                    if mark == UInt8(ascii: ",") {
                        at += 1
                        place = frames[depth].place
                        break
                    }
                    guard mark == UInt8(ascii: "]") else { throw unexpected("after array element") }
                    at += 1
                    value = .array(elements.take(from: frames.removeLast().start))
                }
            }
        }
    }

    // MARK: Containers

    private mutating func open(isObject: Bool) throws(JSONError) {
        guard frames.count < Self.maxDepth else {
            throw JSONError("exceeded max depth: more than \(Self.maxDepth) levels", at: at, in: bytes)
        }
        at += 1
        frames.append(Frame(isObject: isObject, start: isObject ? members.count : elements.count, place: place))
    }

    /// Reads the name of the next member, over those that are left out. False when none is left: then the object ends here.
    private mutating func readKey() throws(JSONError) -> Bool {
        let depth: Int = frames.count - 1
        place = JSONOmissions.none
        if frames[depth].place >= 0, try !stepOver(frames[depth].place) { return false }
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
            throw unexpected("looking for beginning of object key string")
        }
        let start: Int = at
        let end: Int = plainEnd(at + 1)
        let key: String
        let hash: Int
        if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {
            (key, hash) = keys.string(at + 1..<end)
            at = end + 1
        } else {
            key = try string()
            hash = JSONKeyCache.hash(of: key)
        }
        guard next() == UInt8(ascii: ":") else { throw unexpected("after object key") }
        at += 1
        let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: hash & 63)
        var frame: Frame = frames[depth]
        frame.isRepeated = false
        let mayBeKnown: Bool = frame.seen & bit != 0
        frame.seen |= bit
        frames[depth] = frame
        let isKnown: Bool =
            if members.count - frame.start >= 32 {
                isKnownAmongMany(key, depth, frame.start)
            } else {
                mayBeKnown && members.contains(from: frame.start, where: { $0.key.isExactly(key) })
            }
        members.append(JSONObject.Member(key: key, value: .null))
        if isKnown { try repeated(depth, at: start) }
        return true
    }

    /// Steps over members that are left out, to the next one that is not, and notes its place. False when there is none.
    private mutating func stepOver(_ outer: Int) throws(JSONError) -> Bool {
        while at < bytes.count, bytes[at] == UInt8(ascii: "\"") {
            let end: Int = plainEnd(at + 1)
            guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else {
                place = JSONOmissions.none
                return true
            }
            place = omissions.place(after: outer, UnsafeBufferPointer(rebasing: bytes[at + 1..<end]))
            guard place == JSONOmissions.left else { return true }
            at = end + 1
            guard next() == UInt8(ascii: ":") else { throw unexpected("after object key") }
            at += 1
            _ = next()
            at = JSONScanner(bytes).end(ofValueAt: at)
            if next() == UInt8(ascii: "}") { return false }
            guard next() == UInt8(ascii: ",") else { throw unexpected("after object key:value pair") }
            at += 1
            _ = next()
        }
        return true
    }

    private mutating func isKnownAmongMany(_ key: String, _ depth: Int, _ start: Int) -> Bool {
        if largeNames.last?.depth != depth { largeNames.append((depth, Set(members.all(from: start).map { ExactText($0.key) }))) }
        return !largeNames[largeNames.count - 1].names.insert(ExactText(key)).inserted
    }

    /// The name that was read last stood in its object before.
    private mutating func repeated(_ depth: Int, at start: Int) throws(JSONError) {
        let path: String = path()
        if refusesDuplicates { throw JSONError("duplicate field \"\(path)\"", at: start, in: bytes) }
        if duplicates.count < 100 { duplicates.append(path) }
        frames[depth].isRepeated = true
    }

    /// The path of the name that was read last.
    private func path() -> String {
        var path: String = ""
        for (depth, frame) in frames.enumerated() {
            let inner: ArraySlice<Frame> = frames[(depth + 1)...]
            if frame.isObject {
                let end: Int = inner.first { $0.isObject }?.start ?? members.count
                path += (path.isEmpty ? "" : ".") + members[end - 1].key
            } else {
                path += "[\((inner.first { !$0.isObject }?.start ?? elements.count) - frame.start)]"
            }
        }
        return path
    }

    /// Gives the member on top its value; the last of several values for one name takes the place of the first.
    @inline(__always)
    private mutating func finishMember(_ value: consuming JSON, _ depth: Int) {
        let top: Int = members.count - 1
        members[top].value = value
        guard frames[depth].isRepeated else { return }
        let last: JSONObject.Member = members.removeLast()
        for index in frames[depth].start..<top where members[index].key.isExactly(last.key) { members[index].value = last.value }
    }

    // MARK: Reading

    /// The next byte that is no white space, without taking it; nil at the end.
    @inline(__always)
    private mutating func next() -> UInt8? {
        while at < bytes.count {
            let byte: UInt8 = bytes[at]
            if byte > 0x20 { return byte }
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            at += 1
        }
        return nil
    }

    func unexpected(_ context: String) -> JSONError { .unexpected(context, at: at, in: bytes) }
}
