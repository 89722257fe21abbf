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
    /// What to answer when the object stays for now: 202 for who wants its dependents gone too, in the way of former days.
    /// Source: `DeleteResource` of k8s.io/apiserver/pkg/endpoints/handlers.
    let codeWhenHeld: Int
    private var uid: String?
    private var resourceVersion: String?

    /// Throws ``APIStatus`` (400, 422) for options that can't be read.
    init(_ call: Call) throws(APIStatus) {
        let schema: ObjectSchema = DeleteOptions.definition.schema
        var json: JSON = try Self.body(call, schema)
        gracePeriodSeconds = json["gracePeriodSeconds"]?.int.map(Int.init) ?? call.options.gracePeriodSeconds
        let orphans: Bool? = json["orphanDependents"]?.bool ?? call.options["orphanDependents"].map { $0 == "true" }
        codeWhenHeld = orphans == false ? 202 : 200
        propagationPolicy = json["propagationPolicy"]?.string ?? call.options.propagationPolicy
        isDryRun = call.options.dryRun || json["dryRun"]?.array?.contains("All") == true
        uid = json[["preconditions", "uid"]]?.string
        resourceVersion = json[["preconditions", "resourceVersion"]]?.string
        if let seconds = gracePeriodSeconds, seconds < 0 { gracePeriodSeconds = 1 }
        var problems = Problems()
        if let policy = propagationPolicy { json["propagationPolicy"] = .string(policy) }
        if let orphans { json["orphanDependents"] = .bool(orphans) }
        json["gracePeriodSeconds"] = nil
        schema.validate(json, .root, &problems)
        guard problems.isEmpty else {
            throw .invalid(KindNames("DeleteOptions", group: "meta.k8s.io", plural: "deleteoptions"), "", problems)
        }
        if let orphans { propagationPolicy = orphans ? "Orphan" : "Background" }
        if propagationPolicy == nil, case .orphaned(let warning?) = call.names.dependents { call.warnings.add(warning) }
    }

    /// Throws ``APIStatus`` (400) for a body that is no DeleteOptions, of whatever group and version.
    private static func body(_ call: Call, _ schema: ObjectSchema) throws(APIStatus) -> JSON {
        guard !call.request.body.isEmpty else { return [:] }
        var complaints = BodyComplaints()
        let json: JSON = try BodyReader.parse(call.request.body, call.request.contentType, schema, complaints: &complaints)
        if let kind = json["kind"]?.string, !kind.isEmpty, kind != "DeleteOptions" {
            throw .badRequest("the body of a delete is an object of kind DeleteOptions, not \(kind)")
        }
        var findings = DecodingFindings()
        do throws(DecodingError) { return try schema.decode(json, findings: &findings) } catch { throw .badRequest("\(error)") }
    }

    /// Throws ``APIStatus`` (409) when a precondition does not hold.
    ///
    /// Upstream names the kind here, where other conflicts name the resource. Source: `BeforeDelete` of k8s.io/apiserver/pkg/registry/rest.
    func check(_ object: JSON, _ revision: Revision, _ names: KindNames, _ name: String) throws(APIStatus) {
        let names = KindNames(names.kind, group: names.group, plural: names.kind)
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
