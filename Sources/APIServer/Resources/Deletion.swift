import API
import Machinery
import Store

/// How an object is to be deleted: from the body (`DeleteOptions`) or, without one, from the query.
struct Deletion: Sendable {
    var gracePeriodSeconds: Int?
    /// `Orphan`, `Background` or `Foreground`.
    var propagationPolicy: String?
    /// Asked for in the body or in the query.
    let isDryRun: Bool
    private var uid: String?
    private var resourceVersion: String?

    /// Throws ``APIStatus`` (400, 422) for options that can't be read.
    init(_ call: Call) throws(APIStatus) {
        var json: JSON = [:]
        if !call.request.body.isEmpty {
            var complaints: [String] = []
            json = try BodyReader.parse(
                call.request.body, call.request.contentType, DeleteOptions.definition.schema, complaints: &complaints)
        }
        gracePeriodSeconds = json["gracePeriodSeconds"]?.int.map(Int.init) ?? call.options.gracePeriodSeconds
        propagationPolicy = json["propagationPolicy"]?.string ?? call.options.propagationPolicy
        if propagationPolicy == nil, json["orphanDependents"] == true { propagationPolicy = "Orphan" }
        isDryRun = call.options.dryRun || json["dryRun"]?.array?.contains("All") == true
        uid = json[["preconditions", "uid"]]?.string
        resourceVersion = json[["preconditions", "resourceVersion"]]?.string
        if let seconds = gracePeriodSeconds, seconds < 0 { gracePeriodSeconds = 1 }
        if let policy = propagationPolicy, !["Orphan", "Background", "Foreground"].contains(policy) {
            var problems = Problems()
            problems.notSupported(
                Path("propagationPolicy"), .string(policy), supported: ["Background", "Foreground", "Orphan"])
            throw .invalid(KindNames("DeleteOptions", group: "meta.k8s.io", plural: "deleteoptions"), "", problems)
        }
    }

    /// Throws ``APIStatus`` (409) when a precondition does not hold.
    func check(_ object: JSON, _ revision: Revision, _ names: KindNames, _ name: String) throws(APIStatus) {
        if let uid, let found = object[["metadata", "uid"]]?.string, uid != found {
            throw .conflict(
                names, name,
                "the UID in the precondition (\(uid)) does not match the UID in record (\(found)). "
                    + "The object might have been deleted and then recreated")
        }
        if let resourceVersion, resourceVersion != String(revision) {
            throw .conflict(
                names, name,
                "the ResourceVersion in the precondition (\(resourceVersion)) does not match the "
                    + "ResourceVersion in record (\(revision)). The object might have been modified")
        }
    }
}
