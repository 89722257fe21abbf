package import Machinery

extension StructuralSchema {
    /// Puts defaults where members are absent, or null although null is not allowed; other nulls of that sort are removed.
    ///
    /// Running it twice changes nothing the second time. Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting.
    package func applyDefaults(_ json: inout JSON) {
        switch json {
        case .object(var object):
            json = .null
            for (name, schema) in properties {
                guard let value: JSON = object[name] else {
                    if let value: JSON = schema.defaultValue { object.append(name, value) }
                    continue
                }
                if value.isNull, !schema.isNullable { object[name] = schema.defaultValue }
            }
            if case .schema(let values) = additional, !values.isNullable {
                object.removeAll { $0.value.isNull && self[$0.key] == nil && values.defaultValue == nil }
            }
            object.updateValues { name, value in schema(ofMember: name)?.applyDefaults(&value) }
            json = .object(object)
        case .array(var elements):
            guard let items else { return }
            json = .null
            for index in elements.indices {
                if elements[index].isNull, !items.isNullable, let value: JSON = items.defaultValue { elements[index] = value }
                items.applyDefaults(&elements[index])
            }
            json = .array(elements)
        default: break
        }
    }
}
