package import Machinery

extension APIStatus {
    /// The `Status` object.
    package var json: JSON {
        var object: JSON = [
            "kind": "Status", "apiVersion": "v1", "metadata": continueToken.map { ["continue": .string($0)] } ?? [:], "status": "Failure",
            "message": .string(message),
        ]
        if !reason.isEmpty { object["reason"] = .string(reason) }
        if let details { object["details"] = details.json }
        object["code"] = .int(Int64(code))
        return object
    }

    /// Reads a `Status` object of any server; nil when the JSON is something else or tells of success.
    package init?(_ json: JSON) {
        guard json["kind"] == "Status", json["status"] != "Success" else { return nil }
        self.init(
            code: Int(json["code"]?.int ?? 500), reason: json["reason"]?.string ?? "", message: json["message"]?.string ?? "",
            details: json["details"].map(Details.init))
        continueToken = json[["metadata", "continue"]]?.string
    }
}

extension APIStatus.Details {
    fileprivate init(_ json: JSON) {
        name = json["name"]?.string ?? ""
        group = json["group"]?.string ?? ""
        kind = json["kind"]?.string ?? ""
        uid = json["uid"]?.string ?? ""
        retryAfterSeconds = Int(json["retryAfterSeconds"]?.int ?? 0)
        causes = (json["causes"]?.array ?? []).map { cause in
            APIStatus.Cause(
                reason: cause["reason"]?.string ?? "", message: cause["message"]?.string ?? "", field: cause["field"]?.string ?? "")
        }
    }

    fileprivate var json: JSON {
        var object: JSON = [:]
        if !name.isEmpty { object["name"] = .string(name) }
        if !group.isEmpty { object["group"] = .string(group) }
        if !kind.isEmpty { object["kind"] = .string(kind) }
        if !uid.isEmpty { object["uid"] = .string(uid) }
        if !causes.isEmpty {
            object["causes"] = .array(
                causes.map { cause in
                    var json: JSON = [:]
                    if !cause.reason.isEmpty { json["reason"] = .string(cause.reason) }
                    if !cause.message.isEmpty { json["message"] = .string(cause.message) }
                    if !cause.field.isEmpty { json["field"] = .string(cause.field) }
                    return json
                })
        }
        if retryAfterSeconds > 0 { object["retryAfterSeconds"] = .int(Int64(retryAfterSeconds)) }
        return object
    }
}
