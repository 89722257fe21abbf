import Machinery

/// What one evaluation knows and has spent. Belongs to one thread.
package final class Frame {
    let inputs: [Value]
    let locals: UnsafeMutablePointer<Value>
    private let localCount: Int
    private let limit: UInt64
    /// No two accesses meet: one thread counts, a step after the other. To check that costs more than to count.
    @exclusivity(unchecked) package private(set) var cost: UInt64 = 0
    /// Patterns that were made while the expression ran.
    private var patterns: [String: RegularExpression] = [:]
    /// Places of the keys of large objects, each with the object itself, so that its storage stays where it is.
    private var indexes: [UnsafeRawPointer: (object: JSONObject, places: [String: Int])] = [:]

    init(inputs: [Value], localCount: Int, limit: UInt64) {
        self.inputs = inputs
        self.localCount = localCount
        self.limit = limit
        locals = .allocate(capacity: max(localCount, 1))
        locals.initialize(repeating: .null, count: localCount)
    }

    deinit {
        locals.deinitialize(count: localCount)
        locals.deallocate()
    }

    @inline(__always)
    func charge(_ amount: UInt64) throws(EvaluationError) {
        let (sum, overflows): (UInt64, Bool) = cost.addingReportingOverflow(amount)
        cost = overflows ? .max : sum
        if cost > limit { throw .tooExpensive }
    }

    /// What an expression inside of this one may still spend.
    package var remaining: UInt64 { limit - min(cost, limit) }

    package func chargeInner(_ amount: UInt64) throws(EvaluationError) { try charge(amount) }

    func pattern(_ text: String) throws(EvaluationError) -> RegularExpression {
        if let known = patterns[text] { return known }
        let made: RegularExpression
        do throws(RegularExpressionError) {
            made = try RegularExpression(text)
        } catch {
            throw EvaluationError(error.description)
        }
        // A short pattern may stand for a large machine, which takes time and room.
        if made.size > 100 { try charge(UInt64(made.size)) }
        patterns[text] = made
        return made
    }

    /// A member of an object; that of a large one is found by an index.
    @inline(__always)
    func member(_ name: String, of object: JSONObject) -> JSON? {
        object.count <= 64 ? object[name] : indexedMember(name, of: object)
    }

    private func indexedMember(_ name: String, of object: JSONObject) -> JSON? {
        let storage: UnsafeRawPointer? = object.members.withUnsafeBufferPointer { $0.baseAddress.map { UnsafeRawPointer($0) } }
        guard let storage else { return nil }
        let places: [String: Int]
        if let known = indexes[storage] {
            places = known.places
        } else {
            places = [String: Int](object.members.enumerated().map { ($1.key, $0) }) { first, _ in first }
            indexes[storage] = (object, places)
        }
        guard let place = places[name], object.members[place].key.isExactly(name) else { return object[name] }
        return object.members[place].value
    }
}
