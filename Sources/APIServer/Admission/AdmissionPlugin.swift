import API
import Machinery

/// What is about to happen to an object.
enum AdmissionOperation: Sendable { case create, update, delete }

/// A step between authorization and the store that may change or refuse an object.
protocol AdmissionPlugin: Sendable {
    /// Changes the object before it is validated. Throws ``APIStatus`` to refuse it.
    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus)

    /// Refuses or lets pass, last before the store; on deletes there is no new object.
    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus)

    /// The object is stored, durably, in the place of an old one if there was one.
    func written(_ object: JSON, old: JSON?, _ call: Call)

    /// An admitted object is not stored after all: refused later, or another writer was faster. Not called on dry runs.
    func abandoned(_ object: JSON, old: JSON?, _ call: Call)

    /// The object is gone from the store, durably.
    func removed(_ object: JSON, _ call: Call)
}

extension AdmissionPlugin {
    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {}
    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {}
    func written(_ object: JSON, old: JSON?, _ call: Call) {}
    func abandoned(_ object: JSON, old: JSON?, _ call: Call) {}
    func removed(_ object: JSON, _ call: Call) {}
}

extension APIServer {
    /// All plugins in the order in which they run. Source: pkg/kubeapiserver/options/plugins.go.
    static func admissionPlugins(_ objects: Objects) -> [any AdmissionPlugin] {
        [
            NamespaceLifecycle(objects: objects),
            ServiceAccountAdmission(objects: objects),
            PriorityAdmission(objects: objects),
            DefaultTolerationSeconds(),
            ServiceAddresses(objects: objects),
            CertificateRequester(),
        ]
    }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        for plugin in admission { try plugin.admit(operation, &object, old: old, call) }
    }

    func validateAdmission(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        for plugin in admission { try plugin.validate(operation, object, old: old, call) }
    }

    func tellWritten(_ object: JSON, old: JSON?, _ call: Call) {
        for plugin in admission { plugin.written(object, old: old, call) }
    }

    func tellAbandoned(_ object: JSON, old: JSON?, _ call: Call) {
        guard !call.options.dryRun else { return }
        for plugin in admission { plugin.abandoned(object, old: old, call) }
    }
}

extension Call {
    /// True when the call is about objects of this kind themselves, not about a subresource.
    func isAbout<K: Kind>(_ kind: K.Type) -> Bool {
        request.subresource == nil && names.kind == K.names.kind && names.group == K.names.group
    }
}
