package import Machinery

/// Confidential data as keys and values.
package struct Secret: Kind {
    package static let definition = Definition(Secret(), "core.v1.Secret", "Confidential data as keys and values.")
    package static let names = KindNames("Secret", group: "", plural: "secrets")

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let data = Field<[String: Base64]>("data", 2, "Bytes by key, in base64. Keys have letters, digits, '-', '_' and '.'.")
    package let type = Field<String>(
        "type", 3, "What the data are for, such as kubernetes.io/tls; Opaque if absent. Never changes.", default: "Opaque", .immutable)
    package let stringData = Field<[String: String]>(
        "stringData", 4, "Text by key, for writing only: it goes into data, before what is there.")
    package let immutable = Field<Bool?>("immutable", 5, "True: only metadata may change from now on.")

    package static let selectableFields: [SelectableField] = ["type"]

    package static let columns: [Column<Secret>] = [
        .name,
        Column("Type", .string, "What the data are for.") { secret, _ in .string(secret.type) },
        Column("Data", .string, "Number of keys.") { secret, _ in .int(Int64(secret.json["data"]?.object?.count ?? 0)) },
        .age,
    ]

    /// Moves `stringData` into `data`, as Kubernetes does when it reads a Secret.
    package static func setDefaults(_ secret: inout View<Secret>) {
        guard let text: JSONObject = secret.json["stringData"]?.object else { return }
        var data: JSONObject = secret.json["data"]?.object ?? JSONObject()
        for member in text { data[member.key] = .string(Base64Text.encode(Array((member.value.string ?? "").utf8))) }
        if !data.isEmpty { secret.json["data"] = .object(data) }
        secret.json["stringData"] = nil
    }

    package static func validateUpdate(_ secret: View<Secret>, from old: View<Secret>, _ path: Path, _ problems: inout Problems) {
        DataKeys.validateUpdate(secret.json, from: old.json, ["data"], path, &problems)
    }

    /// Source: `ValidateSecret` of pkg/apis/core/validation.
    package static func validate(_ secret: View<Secret>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("data")
        var size: Int = 0
        for member in secret.json["data"]?.object ?? JSONObject() {
            DataKeys.validate(member.key, here, &problems)
            size += DataKeys.decodedCount(member.value.string ?? "")
        }
        if size > DataKeys.sizeLimit { problems.tooLong(here, "may not be more than \(DataKeys.sizeLimit) bytes") }
        let data: JSON = secret.json["data"] ?? [:]
        switch secret.type {
        case SecretType.serviceAccountToken:
            if secret.metadata.annotations[SecretType.serviceAccountName]?.isEmpty ?? true {
                problems.required(path.child("metadata").child("annotations").key(SecretType.serviceAccountName))
            }
        case "kubernetes.io/dockercfg": validateJSON(data, ".dockercfg", here, &problems)
        case "kubernetes.io/dockerconfigjson": validateJSON(data, ".dockerconfigjson", here, &problems)
        case "kubernetes.io/basic-auth":
            if data["username"] == nil, data["password"] == nil {
                problems.required(here.key("username"))
                problems.required(here.key("password"))
            }
        case "kubernetes.io/ssh-auth":
            if data["ssh-privatekey"]?.isEmpty ?? true { problems.required(here.key("ssh-privatekey")) }
        case "kubernetes.io/tls":
            for key in ["tls.crt", "tls.key"] where data[key] == nil { problems.required(here.key(key)) }
        default: break
        }
    }

    private static func validateJSON(_ data: JSON, _ key: String, _ path: Path, _ problems: inout Problems) {
        guard let text: String = data[key]?.string else { return problems.required(path.key(key)) }
        let flaw: String
        do throws(JSONError) {
            let json = try JSON(parsing: Base64Text.decode(text) ?? [])
            guard json.object == nil, !json.isNull else { return }
            flaw = "json: cannot unmarshal \(json.typeName) into Go value of type map[string]interface {}"
        } catch {
            flaw = error.problem
        }
        problems.invalid(path.key(key), "<secret contents redacted>", flaw)
    }
}

/// Types of Secrets that the house itself deals with.
package enum SecretType {
    package static let serviceAccountToken = "kubernetes.io/service-account-token"
    /// Annotation with the name of the account that a token belongs to.
    package static let serviceAccountName = "kubernetes.io/service-account.name"
}
