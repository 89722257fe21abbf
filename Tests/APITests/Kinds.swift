import API
import Machinery

/// Takes an object the way that a create goes: types, defaults, what the server sets, rules.
struct Created<K: Kind> {
    let object: View<K>
    /// One sentence for each problem, as the server would list them.
    let problems: [String]

    init(_ kind: K.Type, _ text: String, uid: String = "0001") throws {
        var findings = DecodingFindings()
        let schema: ObjectSchema = K.definition.schema
        var json: JSON = try schema.decode(try JSON(parsing: Array(text.utf8)), findings: &findings)
        json[["metadata", "uid"]] = .string(uid)
        schema.applyDefaults(&json)
        var view = View<K>(json)
        K.prepareForCreate(&view)
        object = view
        var problems = Problems()
        ObjectMeta.validateObject(view.metadata, of: K.names, &problems)
        schema.validate(view.json, .root, &problems)
        self.problems = findings.unknownFields.map { "unknown field \"\($0)\"" } + problems.all.map { "\($0)" }
    }

    /// What is wrong with an update to this.
    func problems(updatingTo text: String) throws -> [String] {
        let new = try Created(K.self, text, uid: object.metadata.uid)
        var view: View<K> = new.object
        K.prepareForUpdate(&view, from: object)
        var problems = Problems()
        K.definition.schema.validateUpdate(view.json, from: object.json, .root, &problems)
        return problems.all.map { "\($0)" }
    }

    /// The cells of a row, at 1970-01-01T00:02:00Z, made without what no column shows.
    var cells: [String] {
        let bytes: [UInt8] = object.json.serialized()
        let read: JSON? = try? JSONScanner.tree(of: bytes, in: 0..<bytes.count, without: K.unshown)
        return K.columns.map { column in
            let cell: JSON = column.cell(View<K>(read ?? .null), Time(seconds: 120))
            return cell.string ?? String(decoding: cell.serialized(), as: UTF8.self)
        }
    }
}

/// `{"name":"c","image":"nginx"}` in a pod template with the label app=web.
func template(labels: String = #"{"app":"web"}"#, _ more: String = "") -> String {
    #"{"metadata":{"labels":\#(labels)},"spec":{"containers":[{"name":"c","image":"nginx"}]\#(more)}}"#
}
