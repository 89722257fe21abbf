#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension String {
    /// Whether two texts have the same bytes, as Go compares them.
    ///
    /// Swift's own `==` takes "é" in one scalar and in two for the same text.
    @inline(__always)
    package func isExactly(_ other: String) -> Bool {
        let count: Int = utf8.count
        guard count == other.utf8.count else { return false }
        let isEqual: Bool?? = utf8.withContiguousStorageIfAvailable { one in
            other.utf8.withContiguousStorageIfAvailable { two in
                guard let first = one.baseAddress, let second = two.baseAddress else { return true }
                return memcmp(first, second, count) == 0
            }
        }
        return (isEqual ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}

/// A text that equals another when its bytes do: for sets of names.
struct ExactText: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (one: ExactText, other: ExactText) -> Bool { one.text.isExactly(other.text) }

    func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
