/// Members that a reader has no use for, by their paths from the top: a tree is made without them, and their bytes are stepped over.
///
/// A path goes through the elements of arrays: `spec`, `containers`, `env` means the variables of each container.
public struct JSONOmissions: Sendable, ExpressibleByArrayLiteral {
    /// A name that leads on from one place to another, or to ``left`` or ``none``.
    private struct Step {
        let name: StaticString
        let next: Int
    }

    /// The steps of all places, those of one place beside each other.
    private var steps: [Step] = []
    /// Where the steps of each place stand.
    private var places: [Range<Int>] = []
    /// Where any other name leads to.
    private let others: Int

    /// The place of values from which no path goes on: they are read whole.
    static let none = -1
    /// The place of what is left out.
    static let left = -2

    /// Everything but the members at these paths, none of which begins with another.
    public init(_ paths: [[StaticString]]) { self.init(paths, last: Self.left, others: Self.none) }

    /// Nothing but the members at these paths, none of which begins with another.
    public init(but paths: [[StaticString]]) { self.init(paths, last: Self.none, others: Self.left) }

    public init(arrayLiteral paths: [StaticString]...) { self.init(paths) }

    private init(_ paths: [[StaticString]], last: Int, others: Int) {
        self.others = others
        var tree: [[Step]] = paths.isEmpty ? [] : [[]]
        for path in paths {
            var place: Int = 0
            for (index, name) in path.enumerated() {
                if let known = tree[place].first(where: { Self.areEqual($0.name, name) }) {
                    place = known.next
                } else {
                    let next: Int = index == path.count - 1 ? last : tree.count
                    tree[place].append(Step(name: name, next: next))
                    if next >= 0 { tree.append([]) }
                    place = next
                }
            }
        }
        for place in tree {
            places.append(steps.count..<steps.count + place.count)
            steps += place
        }
    }

    /// Where reading begins.
    var start: Int { places.isEmpty ? Self.none : 0 }

    /// The place of a member's value.
    ///
    /// - Parameter place: of the object, from which paths go on.
    /// - Parameter key: the bytes of the member's name, in which nothing is escaped.
    func place(after place: Int, _ key: UnsafeBufferPointer<UInt8>) -> Int {
        for index in places[place] where steps[index].name.utf8CodeUnitCount == key.count && Self.areEqual(steps[index].name, key) {
            return steps[index].next
        }
        return others
    }

    @inline(__always)
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
