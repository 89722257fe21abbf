import NIOCore
import Testing

@testable import HTTP

@Suite struct AnswerRestTests {
    /// What a body becomes that leaves in steps of so many bytes.
    static func steps(_ pieces: [[UInt8]], _ most: Int) -> [[UInt8]] {
        var rest = AnswerRest(pieces.map { $0[...] })
        var steps: [[UInt8]] = []
        while rest.length > 0 {
            var buffer = ByteBuffer()
            rest.move(most, to: &buffer)
            steps.append(Array(buffer.readableBytesView))
        }
        return steps
    }

    @Test(arguments: [1, 2, 3, 4, 100])
    func piecesLeaveInTheirOrder(most: Int) {
        let pieces: [[UInt8]] = [[], [1, 2, 3], [], [], [4], [5, 6, 7, 8], []]
        let steps: [[UInt8]] = Self.steps(pieces, most)
        #expect(steps.flatMap { $0 } == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(steps.dropLast().allSatisfy { $0.count == most })
    }

    @Test func nothingIsLeftOfNothing() {
        #expect(AnswerRest([]).length == 0)
        #expect(Self.steps([[], []], 10).isEmpty)
    }
}
