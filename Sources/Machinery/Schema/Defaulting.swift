extension ObjectSchema {
    /// Puts each field's default where the field is absent, then those that depend on other fields, inner objects first.
    ///
    /// Running it twice changes nothing the second time.
    ///
    /// - Parameter complete: a version that has all its defaults: what the object shares with it is not looked through again.
    public func applyDefaults(_ json: inout JSON, since complete: JSON? = nil) {
        if let completed = completed(json, complete) { json = completed }
    }

    /// nil for an object that has all its defaults: most parts of most objects do, and stay shared with other versions of it.
    func completed(_ json: JSON, _ complete: JSON? = nil) -> JSON? {
        guard case .object(let object) = json else { return nil }
        let known: JSONObject? = complete?.object
        if let known, object.isSameStorage(as: known) { return nil }
        if trusts(object) { return nil }
        var filled: JSONObject = object
        withPlaces(of: object, wanted: defaulting.count) { place in
            for index in defaulting {
                let field: FieldSchema = fields[index]
                let place: Int = place(index)
                // Members are only added behind those that were there: places in one are places in the other.
                guard place >= 0 else {
                    guard let value: JSON = field.defaultValue else { continue }
                    filled.append(field.name, field.type.completed(value, nil) ?? value)
                    continue
                }
                guard field.hasObjects else { continue }
                guard let value: JSON = field.type.completed(object.members[place].value, known?[field.name]) else { continue }
                filled.updateValue(at: place) { $0 = value }
            }
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
    fileprivate func completed(_ json: JSON, _ complete: JSON?) -> JSON? {
        switch (self, json) {
        case (.object(let reference), _):
            return reference.schema.completed(json, complete)
        case (.list(let element), .array(let values)) where element.hasObjects:
            let known: [JSON] = complete?.array ?? []
            if values.isSameStorage(as: known) { return nil }
            var filled: [JSON] = values
            var isChanged: Bool = false
            for index in values.indices {
                guard let value: JSON = element.completed(values[index], index < known.count ? known[index] : nil) else { continue }
                filled[index] = value
                isChanged = true
            }
            return isChanged ? .array(filled) : nil
        case (.map(let element), .object(let object)) where element.hasObjects:
            var filled: JSONObject = object
            for index in object.members.indices {
                let member: JSONObject.Member = object.members[index]
                guard let value: JSON = element.completed(member.value, complete?[member.key]) else { continue }
                filled.updateValue(at: index) { $0 = value }
            }
            return filled.isSameStorage(as: object) ? nil : .object(filled)
        default: return nil
        }
    }
}

extension [JSON] {
    /// As ``JSONObject/isSameStorage(as:)``.
    fileprivate func isSameStorage(as other: [JSON]) -> Bool {
        withUnsafeBufferPointer { one in other.withUnsafeBufferPointer { one.baseAddress == $0.baseAddress && one.count == $0.count } }
    }
}
