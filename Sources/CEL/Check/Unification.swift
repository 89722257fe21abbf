/// What the type variables of signatures stand for, as far as it is known.
struct Unification {
    private var bindings: [String: ValueType] = [:]
    private var count: Int = 0

    /// A type variable that no other signature has.
    mutating func fresh() -> ValueType {
        count += 1
        return .parameter("%\(count)")
    }

    /// The same types with variables of their own.
    mutating func instantiate(_ types: [ValueType]) -> [ValueType] {
        var names: [String: ValueType] = [:]
        func copy(_ type: ValueType, _ unification: inout Unification) -> ValueType {
            switch type {
            case .parameter(let name):
                if let known = names[name] { return known }
                let new: ValueType = unification.fresh()
                names[name] = new
                return new
            case .list(let element): return .list(copy(element, &unification))
            case .map(let key, let value): return .map(copy(key, &unification), copy(value, &unification))
            case .optional(let inner): return .optional(copy(inner, &unification))
            case .type(let inner): return .type(copy(inner, &unification))
            default: return type
            }
        }
        return types.map { copy($0, &self) }
    }

    /// The type with all that is known put in.
    func resolved(_ type: ValueType, freeAs free: ValueType? = nil) -> ValueType {
        switch type {
        case .parameter(let name): bindings[name].map { resolved($0, freeAs: free) } ?? free ?? type
        case .list(let element): .list(resolved(element, freeAs: free))
        case .map(let key, let value): .map(resolved(key, freeAs: free), resolved(value, freeAs: free))
        case .optional(let inner): .optional(resolved(inner, freeAs: free))
        case .type(let inner): .type(resolved(inner, freeAs: free))
        default: type
        }
    }

    /// Whether values of one type may stand where the other is asked for. Learns of variables when so, and nothing otherwise.
    mutating func fits(_ type: ValueType, _ wanted: ValueType) -> Bool {
        let before: [String: ValueType] = bindings
        if unify(type, wanted) { return true }
        bindings = before
        return false
    }

    mutating func fit(_ types: [ValueType], _ wanted: [ValueType]) -> Bool {
        let before: [String: ValueType] = bindings
        for (type, want) in zip(types, wanted) where !unify(type, want) {
            bindings = before
            return false
        }
        return true
    }

    private mutating func unify(_ type: ValueType, _ wanted: ValueType) -> Bool {
        if type == wanted { return true }
        switch (type, wanted) {
        case (_, .parameter(let name)):
            if let known = bindings[name] {
                guard unify(type, known) else { return false }
                // What may be anything makes the whole so.
                if case .dyn = type { bindings[name] = .dyn }
                return true
            }
            guard !mentions(resolved(type), name) else { return false }
            bindings[name] = type
            return true
        case (.parameter(let name), _):
            if let known = bindings[name] { return unify(known, wanted) }
            guard !mentions(resolved(wanted), name) else { return false }
            bindings[name] = wanted
            return true
        case (.dyn, _), (_, .dyn), (.error, _), (_, .error): return true
        case (.list(let one), .list(let other)), (.optional(let one), .optional(let other)): return unify(one, other)
        case (.map(let key, let value), .map(let otherKey, let otherValue)): return unify(key, otherKey) && unify(value, otherValue)
        case (.type, .type): return true
        case (.null, .object), (.null, .opaque), (.null, .timestamp), (.null, .duration), (.null, .optional): return true
        case (.object, .null), (.opaque, .null), (.timestamp, .null), (.duration, .null): return true
        default: return false
        }
    }

    private func mentions(_ type: ValueType, _ name: String) -> Bool {
        switch type {
        case .parameter(let found): found == name
        case .list(let inner), .optional(let inner), .type(let inner): mentions(inner, name)
        case .map(let key, let value): mentions(key, name) || mentions(value, name)
        default: false
        }
    }
}
