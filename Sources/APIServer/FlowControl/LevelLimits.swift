import API
import Machinery

/// How many seats a level has: its share, what it lends at most and what it borrows at most.
///
/// Source: KEP-1040; k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go.
struct LevelLimits: Sendable, Hashable {
    let nominal: Int
    /// What stays when all is lent.
    let least: Int
    /// What there is when all is borrowed that may be.
    let most: Int

    /// The limits of all levels.
    ///
    /// - Parameters:
    ///   - levels: shares and percentages; `borrowing` nil is without limit.
    ///   - seats: of the server.
    static func divide(_ seats: Int, among levels: [(shares: Int, lendable: Int, borrowing: Int?)]) -> [LevelLimits] {
        let all: Int = levels.reduce(0) { $0 + $1.shares }
        return levels.map { level in
            let nominal: Int = all == 0 ? 0 : (seats * level.shares + all - 1) / all
            let lendable = Int((Double(nominal * level.lendable) / 100).rounded())
            let most: Int = level.borrowing.map { nominal + Int((Double(nominal * $0) / 100).rounded()) } ?? max(seats, nominal)
            return LevelLimits(nominal: nominal, least: nominal - lendable, most: most)
        }
    }

    /// Gives each level what it has use for, and of what is left a fair part: none gets less than it must keep, or more than it may borrow.
    ///
    /// - Parameter demands: the highest number of seats that each level wanted lately.
    static func adjust(_ limits: [LevelLimits], demands: [Int], seats: Int) -> [Int] {
        // What a level has for sure: its own share where it wants that much.
        let floors: [Int] = zip(limits, demands).map { max($0.least, min($0.nominal, $1)) }
        var left: Int = seats - floors.reduce(0, +)
        guard left > 0 else { return floors }
        var current: [Int] = floors
        // Who wants more gets it in turns, the one with the smallest part of its share first.
        var wanting: [Int] = limits.indices.filter { demands[$0] > current[$0] && current[$0] < limits[$0].most }
        while left > 0, !wanting.isEmpty {
            let part: Int = max(1, left / wanting.count)
            for i in wanting where left > 0 {
                let more: Int = min(part, left, min(demands[i], limits[i].most) - current[i])
                current[i] += more
                left -= more
            }
            wanting.removeAll { demands[$0] <= current[$0] || current[$0] >= limits[$0].most }
        }
        // Seats that nobody asks for now stay with their owners, so that a burst finds them.
        for i in limits.indices where left > 0 {
            let more: Int = min(left, max(0, limits[i].nominal - current[i]))
            current[i] += more
            left -= more
        }
        return current
    }
}
