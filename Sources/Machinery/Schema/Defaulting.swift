extension ObjectSchema {
    /// Puts each field's default where the field is absent, then those that depend on other fields, inner objects first.
    ///
    /// Running it twice changes nothing the second time.
    public func applyDefaults(_ json: inout JSON) {
        if let completed = completed(json) { json = completed }
    }

    /// nil for an object that has all its defaults: most parts of most objects do, and stay shared with other versions of it.
    func completed(_ json: JSON) -> JSON? {
        guard case .object(let object) = json else { return nil }
        var filled: JSONObject = object
        for field in defaulting {
            // Members are only added behind those that were there: places in one are places in the other.
            guard let index: Int = object.index(of: field.name) else {
                guard let value: JSON = field.defaultValue else { continue }
                filled.append(field.name, field.type.completed(value) ?? value)
                continue
            }
            guard field.hasObjects, let value: JSON = field.type.completed(object.members[index].value) else { continue }
            filled.updateValue(at: index) { $0 = value }
        }
        var completed: JSON = .object(filled)
        rules.setDefaults(&completed)
        // While `object` is held, whatever was changed stands in storage of its own.
        if case .object(let result) = completed, result.isSameStorage(as: object) { return nil }
        return completed
    }
}

extension TypeSchema {
    var hasObjects: Bool {
        switch self {
        case .object: true
        case .list(let element), .map(let element): element.hasObjects
        default: false
        }
    }

    /// nil for a value that has all its defaults.
    fileprivate func completed(_ json: JSON) -> JSON? {
        switch (self, json) {
        case (.object(let reference), _):
            return reference.schema.completed(json)
        case (.list(let element), .array(let values)) where element.hasObjects:
            var filled: [JSON] = values
            var isChanged: Bool = false
            for index in values.indices {
                guard let value: JSON = element.completed(values[index]) else { continue }
                filled[index] = value
                isChanged = true
            }
            return isChanged ? .array(filled) : nil
        case (.map(let element), .object(let object)) where element.hasObjects:
            var filled: JSONObject = object
            for index in object.members.indices {
                guard let value: JSON = element.completed(object.members[index].value) else { continue }
                filled.updateValue(at: index) { $0 = value }
            }
            return filled.isSameStorage(as: object) ? nil : .object(filled)
        default: return nil
        }
    }
}
