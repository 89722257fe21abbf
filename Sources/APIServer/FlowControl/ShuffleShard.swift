/// Deals each flow a few of a level's queues, always the same ones, so that two flows seldom share all of theirs.
///
/// Source: k8s.io/apiserver/pkg/util/shufflesharding.
struct ShuffleShard: Sendable {
    let queues: Int
    let handSize: Int

    /// The queues of a flow, each once.
    func hand(of hash: UInt64) -> [Int] {
        var hand: [Int] = []
        hand.reserveCapacity(handSize)
        var rest: UInt64 = hash
        for dealt in 0..<min(handSize, queues) {
            let left = UInt64(queues - dealt)
            var card = Int(rest % left)
            rest /= left
            // The card is one of those that are left: those dealt before it are stepped over.
            for other in hand.sorted() where card >= other { card += 1 }
            hand.append(card)
        }
        return hand
    }

    /// Of a schema and a flow in it. FNV-1a, 64 bits, which stays the same from start to start.
    static func hash(_ schema: String, _ flow: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in schema.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ 0xFF) &* 0x100_0000_01b3
        for byte in flow.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }
}
