/// A macro over the elements of a list or the entries of a map. Costs are those of the loop that upstream makes of it.
final class ComprehensionStep: Step, @unchecked Sendable {
    private let kind: Expression.Comprehension.Kind
    private let range: Step
    private let slot: Int
    private let hasSecond: Bool
    private let condition: Step?
    private let body: Step?

    init(_ comprehension: Expression.Comprehension, slot: Int, range: Step, condition: Step?, body: Step?) {
        kind = comprehension.kind
        hasSecond = comprehension.secondName != nil
        self.slot = slot
        self.range = range
        self.condition = condition
        self.body = body
    }

    /// What there is to walk over.
    private enum Walk {
        case list(ListView)
        case entries([(key: Value, value: Value)])

        var count: Int {
            switch self {
            case .list(let list): list.count
            case .entries(let entries): entries.count
            }
        }
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        let value: Value = try range.evaluate(frame)
        let walk: Walk
        if let list = ListView(value) {
            walk = .list(list)
        } else if let map = MapView(value) {
            walk = .entries(map.entries)
        } else {
            throw EvaluationError("got '\(value.typeName)', expected iterable type", .noOverload)
        }
        switch kind {
        case .all: return try decide(walk, false, frame)
        case .exists: return try decide(walk, true, frame)
        case .existsOne: return try count(walk, frame)
        case .filter, .map: return try collect(walk, frame)
        case .transformMap, .transformMapEntry: return try transform(walk, frame)
        }
    }

    @inline(__always)
    private func step(_ walk: Walk, _ index: Int, _ frame: Frame) {
        switch walk {
        case .list(let list):
            if hasSecond {
                frame.locals[slot] = .int(Int64(index))
                frame.locals[slot + 1] = list[index]
            } else {
                frame.locals[slot] = list[index]
            }
        case .entries(let entries):
            frame.locals[slot] = entries[index].key
            if hasSecond { frame.locals[slot + 1] = entries[index].value }
        }
    }

    /// `all` and `exists`: the element that decides makes up for errors of others.
    private func decide(_ walk: Walk, _ decisive: Bool, _ frame: Frame) throws(EvaluationError) -> Value {
        var failure: EvaluationError?
        for index in 0..<walk.count {
            step(walk, index, frame)
            try frame.charge(decisive ? 4 : 3)
            do throws(EvaluationError) {
                let value: Value = try body!.evaluate(frame)
                guard case .bool(let flag) = value else { throw .noOverload(decisive ? "_||_" : "_&&_", [.bool(!decisive), value]) }
                if flag == decisive { return .bool(decisive) }
            } catch {
                if error.kind == .tooExpensive { throw error }
                failure = failure ?? error
            }
        }
        try frame.charge(1)
        if let failure { throw failure }
        return .bool(!decisive)
    }

    private func test(_ step: Step, _ frame: Frame) throws(EvaluationError) -> Bool {
        let value: Value = try step.evaluate(frame)
        guard case .bool(let flag) = value else { throw .noOverload("_?_:_", [value]) }
        return flag
    }

    private func count(_ walk: Walk, _ frame: Frame) throws(EvaluationError) -> Value {
        var count: Int = 0
        for index in 0..<walk.count {
            step(walk, index, frame)
            try frame.charge(1)
            if try test(body!, frame) {
                try frame.charge(1)
                count += 1
            }
        }
        try frame.charge(2)
        return .bool(count == 1)
    }

    private func collect(_ walk: Walk, _ frame: Frame) throws(EvaluationError) -> Value {
        var values: [Value] = []
        if condition == nil { values.reserveCapacity(walk.count) }
        try frame.charge(10)
        for index in 0..<walk.count {
            step(walk, index, frame)
            try frame.charge(1)
            if let condition, try !test(condition, frame) { continue }
            try frame.charge(body == nil ? 12 : 11)
            values.append(try body?.evaluate(frame) ?? frame.locals[slot])
        }
        try frame.charge(1)
        return .list(values)
    }

    private func transform(_ walk: Walk, _ frame: Frame) throws(EvaluationError) -> Value {
        var builder = MapBuilder()
        try frame.charge(30)
        for index in 0..<walk.count {
            step(walk, index, frame)
            try frame.charge(1)
            if let condition, try !test(condition, frame) { continue }
            try frame.charge(2)
            let key: Value = frame.locals[slot]
            let value: Value = try body!.evaluate(frame)
            if kind == .transformMap {
                try builder.insert(key, value)
            } else {
                guard let map = MapView(value) else { throw .noOverload("cel.@mapInsert", [value]) }
                for entry in map.entries { try builder.insert(entry.key, entry.value) }
            }
        }
        try frame.charge(1)
        return builder.value
    }
}
