import API
import Machinery

/// Which options of lists and watches go together.
///
/// Source: `ValidateListOptions` in k8s.io/apimachinery/pkg/apis/meta/internalversion/validation.
extension RequestOptions {
    /// Throws ``APIStatus`` (422).
    func checkForList() throws(APIStatus) {
        var problems = Problems()
        let path = Path("resourceVersionMatch")
        if let match = resourceVersionMatch {
            if resourceVersion == nil {
                problems.forbidden(path, "resourceVersionMatch is forbidden unless resourceVersion is provided")
            }
            if continueToken != nil { problems.forbidden(path, "resourceVersionMatch is forbidden when continue is provided") }
            if match != "Exact", match != "NotOlderThan" {
                problems.notSupported(path, .string(match), supported: ["Exact", "NotOlderThan", ""])
            }
            if match == "Exact", resourceVersion == "0" {
                problems.forbidden(path, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")
            }
        }
        if sendInitialEvents != nil {
            problems.forbidden(Path("sendInitialEvents"), "sendInitialEvents is forbidden for list")
        }
        try Self.refuse(problems)
    }

    /// Throws ``APIStatus`` (422).
    func checkForWatch() throws(APIStatus) {
        var problems = Problems()
        let path = Path("resourceVersionMatch")
        if sendInitialEvents != nil, resourceVersionMatch != "NotOlderThan" {
            problems.forbidden(path, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
        }
        if let match = resourceVersionMatch {
            if sendInitialEvents == nil {
                problems.forbidden(path, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
            }
            if match != "NotOlderThan" { problems.notSupported(path, .string(match), supported: ["NotOlderThan"]) }
            if continueToken != nil { problems.forbidden(path, "resourceVersionMatch is forbidden when continue is provided") }
        }
        try Self.refuse(problems)
    }

    private static func refuse(_ problems: Problems) throws(APIStatus) {
        guard !problems.isEmpty else { return }
        throw .invalid(KindNames("ListOptions", group: "meta.k8s.io", plural: "listoptions"), "", problems)
    }
}
