/// Members that a reader has no use for, by their paths from the top: a tree is made without them, and their bytes are stepped over.
///
/// A path goes through the elements of arrays: `spec`, `containers`, `env` means the variables of each container.
public struct JSONOmissions: Sendable, ExpressibleByArrayLiteral {
    /// Names that lead on from one place, and where they lead: ``left`` or another place.
    private var places: [[(name: StaticString, next: Int)]] = []

    /// The place of values from which no path goes on.
    static let none = -1
    /// The place of what is left out.
    static let left = -2

    /// Of paths that are not empty, none of which begins with another.
    public init(_ paths: [[StaticString]]) {
        if !paths.isEmpty { places.append([]) }
        for path in paths {
            var place: Int = 0
            for (index, name) in path.enumerated() {
                let known: Int? = places[place].first { Self.areEqual($0.name, name) }?.next
                let next: Int = known ?? (index == path.count - 1 ? Self.left : places.count)
                if known == nil { places[place].append((name, next)) }
                if known == nil, next >= 0 { places.append([]) }
                place = next
            }
        }
    }

    public init(arrayLiteral paths: [StaticString]...) { self.init(paths) }

    /// Where reading begins.
    var start: Int { places.isEmpty ? Self.none : 0 }

    /// The place of a member's value.
    ///
    /// - Parameter key: the bytes of its name, in which nothing is escaped.
    @inline(__always)
    func place(after place: Int, _ key: UnsafeBufferPointer<UInt8>) -> Int {
        guard place >= 0 else { return Self.none }
        for (name, next) in places[place] where name.utf8CodeUnitCount == key.count {
            if Self.areEqual(name, key) { return next }
        }
        return Self.none
    }

    private static func areEqual(_ name: StaticString, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
        let wanted: UnsafePointer<UInt8> = name.utf8Start
        for index in key.indices where key[index] != wanted[index] { return false }
        return true
    }

    private static func areEqual(_ one: StaticString, _ other: StaticString) -> Bool {
        one.utf8CodeUnitCount == other.utf8CodeUnitCount
            && areEqual(one, UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
    }
}
