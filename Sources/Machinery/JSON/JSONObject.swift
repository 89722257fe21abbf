/// The members of a JSON object, in the order they were read or added. Names are unique.
///
/// A linear search over a few short names is faster than hashing them: Kubernetes objects have about ten members a level.
/// Maps with many keys (the `data` of a ConfigMap) are read by walking, not by look-up.
public struct JSONObject: Sendable {
    public struct Member: Sendable {
        public var key: String
        public var value: JSON

        public init(key: String, value: JSON) {
            self.key = key
            self.value = value
        }
    }

    /// Unique by key.
    public private(set) var members: [Member]

    public init() { members = [] }

    /// Takes members that are known to be unique.
    public init(members: [Member]) { self.members = members }

    /// A later value for the same name replaces the earlier one.
    public init(_ pairs: [(String, JSON)]) {
        members = []
        members.reserveCapacity(pairs.count)
        for (key, value) in pairs { self[key] = value }
    }

    public var isEmpty: Bool { members.isEmpty }
    public var count: Int { members.count }
    public var keys: [String] { members.map(\.key) }

    public func index(of key: String) -> Int? {
        members.firstIndex { $0.key.isExactly(key) }
    }

    public subscript(key: String) -> JSON? {
        get { index(of: key).map { members[$0].value } }
        set {
            switch (index(of: key), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Adds a member whose name is known to be new.
    public mutating func append(_ key: String, _ value: JSON) {
        assert(index(of: key) == nil, "member \(key) is there already")
        members.append(Member(key: key, value: value))
    }

    public mutating func updateValue(at index: Int, _ body: (inout JSON) throws -> Void) rethrows {
        try body(&members[index].value)
    }

    public mutating func updateValues(_ body: (String, inout JSON) throws -> Void) rethrows {
        for index in members.indices { try body(members[index].key, &members[index].value) }
    }

    public mutating func removeAll(where isUnwanted: (Member) throws -> Bool) rethrows {
        try members.removeAll(where: isUnwanted)
    }

    /// The same members ordered by name, as Go writes maps.
    public func sorted() -> JSONObject {
        JSONObject(members: members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
    }
}

extension JSONObject: Hashable {
    public static func == (one: JSONObject, other: JSONObject) -> Bool {
        guard one.members.count == other.members.count else { return false }
        if one.isSameStorage(as: other) { return true }
        for (index, member) in one.members.enumerated() {
            // Nearly always the members stand in the same order.
            let candidate: Member = other.members[index]
            if candidate.key.isExactly(member.key) {
                guard candidate.value == member.value else { return false }
            } else {
                guard other[member.key] == member.value else { return false }
            }
        }
        return true
    }

    /// Whether both are copies of one object that nobody changed since: most parts of an object and its next version are.
    package func isSameStorage(as other: JSONObject) -> Bool {
        members.withUnsafeBufferPointer { one in other.members.withUnsafeBufferPointer { one.baseAddress == $0.baseAddress } }
    }

    public func hash(into hasher: inout Hasher) {
        var sum: Int = 0
        for member in members {
            var one = Hasher()
            one.combine(member.key)
            one.combine(member.value)
            sum ^= one.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
    public init(arrayLiteral elements: (String, JSON)...) { self.init(elements) }
}

extension JSONObject: Sequence {
    public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}
