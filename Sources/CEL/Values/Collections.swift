import Machinery

/// The elements of a list, however it is held.
struct ListView {
    private enum Form {
        case values([Value])
        case json([JSON], Declaration)
    }

    private let form: Form
    let count: Int

    init?(_ value: Value) {
        switch value {
        case .list(let values):
            form = .values(values)
            count = values.count
        case .jsonList(let elements, let declaration):
            form = .json(elements, declaration)
            count = elements.count
        default: return nil
        }
    }

    @inline(__always)
    subscript(index: Int) -> Value {
        switch form {
        case .values(let values): values[index]
        case .json(let elements, let declaration): Value(elements[index], declaration)
        }
    }

    var values: [Value] {
        switch form {
        case .values(let values): values
        case .json(let elements, let declaration): elements.map { Value($0, declaration) }
        }
    }
}

/// The entries of a map, or the fields of an object, however they are held.
struct MapView {
    private enum Form {
        case values(MapValue)
        case json(JSONObject, Declaration)
    }

    private let form: Form

    init?(_ value: Value) {
        switch value {
        case .map(let map): form = .values(map)
        case .jsonMap(let object, let declaration): form = .json(object, declaration)
        default: return nil
        }
    }

    var count: Int {
        switch form {
        case .values(let map): map.entries.count
        case .json(let object, _): object.count
        }
    }

    subscript(key: Value) -> Value? {
        switch form {
        case .values(let map): map[key]
        case .json(let object, let declaration):
            if case .string(let name) = key { Value.member(name, of: object, declaration) } else { nil }
        }
    }

    var entries: [(key: Value, value: Value)] {
        switch form {
        case .values(let map): map.entries
        case .json(let object, let declaration):
            object.members.map { member in
                (.string(member.key), Value(member.value, declaration.ofProperty(member.key)))
            }
        }
    }
}

extension Declaration {
    /// What a property of an object, or a value of a map, is declared as.
    func ofProperty(_ property: String) -> Declaration {
        switch form {
        case .map(let value): value
        case .object(let members):
            PropertyName.escaped(property).flatMap { members[$0] }?.declaration ?? .dyn
        default: .dyn
        }
    }
}

extension Value {
    /// A field of an object by its name in expressions, or an entry of a map by its key; nil where there is none.
    @inline(__always)
    static func member(_ name: String, of object: JSONObject, _ declaration: Declaration) -> Value? {
        switch declaration.form {
        case .map(let value): object[name].map { Value($0, value) }
        case .object(let members):
            if let member = members[name] { object[member.property].map { Value($0, member.declaration) } } else { nil }
        default: object[name].map { Value($0, .dyn) }
        }
    }

    /// What `size()` says of it; nil for values without a size.
    var size: Int? {
        switch self {
        case .string(let text): text.unicodeScalars.count
        case .bytes(let bytes): bytes.count
        case .list(let values): values.count
        case .jsonList(let elements, _): elements.count
        case .map(let map): map.entries.count
        case .jsonMap(let object, _): object.count
        default: nil
        }
    }

    /// The same for costs: 1 for what has no size.
    var costSize: UInt64 {
        switch self {
        case .string(let text): UInt64(text.utf8.count)
        case .object(let object): (object as? any SizedValue)?.costSize ?? 1
        default: UInt64(size ?? 1)
        }
    }
}

/// A library's value that counts for more than one in costs.
protocol SizedValue { var costSize: UInt64 { get } }
