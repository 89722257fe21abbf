extension ObjectSchema {
    /// Puts each field's default where the field is absent, then those that depend on other fields, inner objects first.
    ///
    /// Running it twice changes nothing the second time.
    public func applyDefaults(_ json: inout JSON) {
        guard case .object(var object) = json else { return }
        json = .null  // the only reference is now `object`: changes are made in place
        for field in defaulting {
            guard let index: Int = object.index(of: field.name) else {
                guard let value: JSON = field.defaultValue else { continue }
                object.append(field.name, field.type.defaulted(value))
                continue
            }
            guard field.hasObjects else { continue }
            object.updateValue(at: index) { field.type.applyDefaults(&$0) }
        }
        json = .object(object)
        rules.setDefaults(&json)
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

    func applyDefaults(_ json: inout JSON) {
        switch (self, json) {
        case (.object(let reference), _):
            reference.schema.applyDefaults(&json)
        case (.list(let element), .array(var values)):
            json = .null
            for index in values.indices { element.applyDefaults(&values[index]) }
            json = .array(values)
        case (.map(let element), .object(var object)):
            json = .null
            object.updateValues { element.applyDefaults(&$1) }
            json = .object(object)
        default: break
        }
    }

    fileprivate func defaulted(_ value: JSON) -> JSON {
        var value: JSON = value
        if hasObjects { applyDefaults(&value) }
        return value
    }
}
