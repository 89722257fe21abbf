extension Collection where Element: Collection, Element.Element == UInt8 {
    /// The pieces one after the other, in memory of the right size from the start.
    package var joinedBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(reduce(0) { $0 + $1.count })
        for piece in self { bytes.append(contentsOf: piece) }
        return bytes
    }
}
