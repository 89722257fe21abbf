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
    ///
    /// The two words that a string is decide most comparisons: the same words are the same text, and different ones of short texts, which
    /// hold their bytes, are different texts. Source: StringObject.swift of the standard library; ExactTextTests watches over it.
    @inline(__always)
    package func isExactly(_ other: String) -> Bool {
        let (one, two): ((UInt64, UInt64), (UInt64, UInt64)) = (words, other.words)
        if one == two { return true }
        if one.1 & two.1 & Self.isShort != 0 { return false }
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

    @inline(__always)
    private var words: (UInt64, UInt64) { unsafeBitCast(self, to: (UInt64, UInt64).self) }

    /// The bit of the second word that says so.
    @inline(__always)
    private static var isShort: UInt64 { 1 << 61 }

    /// Whether this text comes before another in the order of bytes, which is Go's.
    package func precedes(_ other: String) -> Bool {
        let isBefore: Bool?? = utf8.withContiguousStorageIfAvailable { one in
            other.utf8.withContiguousStorageIfAvailable { two in
                guard let first = one.baseAddress, let second = two.baseAddress else { return one.count < two.count }
                let order: Int32 = memcmp(first, second, min(one.count, two.count))
                return order == 0 ? one.count < two.count : order < 0
            }
        }
        return (isBefore ?? nil) ?? utf8.lexicographicallyPrecedes(other.utf8)
    }
}

/// A text that equals another when its bytes do: for sets of names and for the keys of maps.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (one: ExactText, other: ExactText) -> Bool { one.text.isExactly(other.text) }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
