extension ObjectSchema {
    /// Collects everything that is wrong with a decoded and defaulted object: required fields, the rules of each field, inner objects,
    /// then the rules between fields.
    public func validate(_ json: JSON, _ path: Path = .root, _ problems: inout Problems) {
        let object: JSONObject = json.object ?? JSONObject()
        if trusts(object) { return }
        withPlaces(of: object, wanted: checked.count) { place in
            for (index, isRequired) in checked {
                let place: Int = place(index)
                guard place >= 0 || isRequired else { continue }
                let field: FieldSchema = fields[index]
                guard place >= 0 else {
                    problems.required(path.child(field.name))
                    continue
                }
                let value: JSON = object.members[place].value
                if isRequired, value.isEmpty, !field.isZeroAllowed {
                    problems.required(path.child(field.name))
                    continue
                }
                for rule in field.rules { rule.validateEach(value, path.child(field.name), &problems) }
                if field.hasObjects { field.type.validate(value, path.child(field.name), &problems) }
            }
        }
        rules.validate(json, path, &problems)
    }

    /// Collects what an update may not change: immutable fields first, then the declared rules between the two versions.
    public func validateUpdate(_ json: JSON, from old: JSON, _ path: Path = .root, _ problems: inout Problems) {
        for field in guarded {
            let new: JSON? = json[field.name]
            let before: JSON? = old[field.name]
            if field.isImmutable, new != before {
                problems.invalid(path.child(field.name), new ?? .null, "field is immutable")
            } else if case .object(let reference) = field.type, let new, let before {
                reference.schema.validateUpdate(new, from: before, path.child(field.name), &problems)
            }
        }
        rules.validateUpdate(json, old, path, &problems)
    }
}

extension FieldSchema {
    /// A required number or flag may be zero when it is written.
    fileprivate var isZeroAllowed: Bool {
        switch type {
        case .boolean, .int32, .int64, .double, .intOrString, .object, .any, .union: return true
        default: return false
        }
    }
}

extension Rule {
    /// A rule for plain values holds for each element of a list.
    ///
    /// - Parameter path: made for the rules that ask for it, and for what is wrong.
    fileprivate func validateEach(_ value: JSON, _ path: @autoclosure () -> Path, _ problems: inout Problems) {
        guard case .array(let values) = value else { return validate(value, path(), &problems) }
        if case .check = self { return validate(value, path(), &problems) }
        for (index, element) in values.enumerated() { validate(element, path().index(index), &problems) }
    }
}

extension TypeSchema {
    fileprivate func validate(_ json: JSON, _ path: Path, _ problems: inout Problems) {
        switch (self, json) {
        case (.object(let reference), _):
            reference.schema.validate(json, path, &problems)
        case (.list(.object(let reference)), .array(let values)):
            let schema: ObjectSchema = reference.schema
            for (index, value) in values.enumerated() { schema.validate(value, path.index(index), &problems) }
        case (.list(let element), .array(let values)) where element.hasObjects:
            for (index, value) in values.enumerated() { element.validate(value, path.index(index), &problems) }
        case (.map(let element), .object(let object)) where element.hasObjects:
            for member in object.members { element.validate(member.value, path.key(member.key), &problems) }
        default: break
        }
    }
}
