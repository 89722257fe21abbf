/// Turns values into what stands on the disk, and back: encryption at rest. The store keeps values in memory as they were written.
package protocol Sealing: Sendable {
    /// Why no value of the key can be written now; nil when it can.
    func refusal(of key: String) -> SealingFailure?

    /// What is to stand on the disk; nil for a value that stands there as it is.
    ///
    /// Throws ``SealingFailure`` for a value that must not stand there so and can't be turned.
    func seal(_ value: [UInt8], key: String) throws(SealingFailure) -> [UInt8]?

    /// The value of what stands on the disk, and whether it would be written otherwise today: then the store writes it anew.
    ///
    /// Throws ``SealingFailure`` for what none of the keys opens.
    func open(_ stored: [UInt8], key: String) throws(SealingFailure) -> (value: [UInt8], isStale: Bool)
}

/// Why a value can't be read from the disk, or written to it: a sentence.
package struct SealingFailure: Error, Sendable, Hashable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}
