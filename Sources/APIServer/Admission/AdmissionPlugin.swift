import API
import Machinery

/// What is about to happen to an object. The raw value is the word of webhook rules.
enum AdmissionOperation: String, Sendable {
    case create = "CREATE"
    case update = "UPDATE"
    case delete = "DELETE"
    /// Of streams to a pod, or of a proxy: the object is the options of the connection.
    case connect = "CONNECT"
}

/// A step between authorization and the store that may change or refuse an object.
protocol AdmissionPlugin: Sendable {
    /// Upstream's name, by which it is measured; of what upstream does in the kinds themselves, the type's.
    static var name: String { get }

    /// Whether it may change or refuse such objects; of what it has no say in it is not asked, nor is that measured.
    func concerns(_ subject: AdmissionSubject) -> Bool

    /// False for a plugin that hands something out: it does not run a second time after webhooks changed the object.
    var runsAgain: Bool { get }

    /// Changes the object before it is validated. Throws ``APIStatus`` to refuse it.
    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus)

    /// Refuses or lets pass, last before the store; on deletes there is no new object.
    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus)

    /// Whether it hears what became of such an object that was admitted.
    func follows(_ subject: AdmissionSubject) -> Bool

    /// Of what it follows, whether it hears of this call's object.
    func awaits(_ call: Call) -> Bool

    /// The object is stored, durably, in the place of an old one if there was one.
    func written(_ object: JSON, old: JSON?, _ call: Call)

    /// An admitted object is not stored after all: refused later, or another writer was faster. Not called on dry runs.
    func abandoned(_ object: JSON, old: JSON?, _ call: Call)

    /// The object is gone from the store, durably.
    func removed(_ object: JSON, _ call: Call)
}

extension AdmissionPlugin {
    static var name: String { String(describing: Self.self) }
    func concerns(_ subject: AdmissionSubject) -> Bool { true }
    var runsAgain: Bool { true }
    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {}
    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {}
    func follows(_ subject: AdmissionSubject) -> Bool { false }
    func awaits(_ call: Call) -> Bool { true }
    func written(_ object: JSON, old: JSON?, _ call: Call) {}
    func abandoned(_ object: JSON, old: JSON?, _ call: Call) {}
    func removed(_ object: JSON, _ call: Call) {}
}

extension APIServer {
    /// All plugins in the order in which they run. Source: pkg/kubeapiserver/options/plugins.go.
    ///
    /// Beside upstream's there is what upstream does in the kinds themselves: `CertificateRequester`, `EscalationCheck`, `ServiceAddresses`.
    static func admissionPlugins(
        _ objects: Objects, _ types: ServedTypes, _ webhooks: Webhooks, _ authorizer: Authorizer, _ policyNotice: String?,
        _ metrics: Metrics
    ) -> [any AdmissionPlugin] {
        let parsed = ParsedObjects(store: objects.store)
        let addresses = IPAddressRecords(store: objects.store)
        let policies = AdmissionPolicies(objects: parsed, types: types, authorizer: authorizer)
        return [
            NamespaceLifecycle(store: objects.store),
            LimitRanger(objects: parsed),
            ServiceAccountAdmission(objects: parsed),
            NodeRestriction(objects: objects),
            TaintNodesByCondition(),
            PodSecurityAdmission(objects: parsed),
            PriorityAdmission(objects: parsed),
            DefaultTolerationSeconds(),
            DefaultStorageClass(objects: parsed),
            StorageObjectInUseProtection(),
            OwnerReferencesPermissionEnforcement(types: types, authorizer: authorizer),
            PersistentVolumeClaimResize(objects: parsed),
            RuntimeClassAdmission(objects: parsed),
            DeviceTaintTime(),
            AdminAccess(objects: parsed),
            CertificateRequester(),
            SignerPermission(authorizer: authorizer),
            CertificateSubjectRestriction(),
            DefaultIngressClass(objects: parsed),
            MutatingPolicies(policies: policies),
            NetworkPolicyNotice(notice: policyNotice),
            MutatingWebhooks(webhooks: webhooks),
            ValidatingPolicies(policies: policies, metrics: PolicyMetrics(metrics)),
            ValidatingWebhooks(webhooks: webhooks),
            EscalationCheck(authorizer: authorizer),
            ResourceQuotaAdmission(objects: parsed),
            ServiceAddresses(objects: objects, ranges: ServiceRanges(objects: parsed), records: addresses),
            addresses,
        ]
    }

    /// Runs every plugin, and once more all that come before the webhooks when these or a policy changed the object, as upstream does.
    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard !call.isAdmitted else { return }
        call.webhookRun?.begin()
        call.policyRun.begin()
        let part: AdmissionChain.Part = admission.part(for: call)
        try admissionMetrics.run(.admit, operation, part.steps) { plugin throws(APIStatus) in
            try plugin.admit(operation, &object, old: old, call)
        }
        let isChanged: Bool = call.policyRun.isChanged
        guard call.webhookRun?.beginAgain(whether: isChanged) ?? isChanged else { return }
        call.policyRun.beginAgain()
        try admissionMetrics.run(.admit, operation, part.steps.filter(\.plugin.runsAgain)) { plugin throws(APIStatus) in
            try plugin.admit(operation, &object, old: old, call)
        }
    }

    func validateAdmission(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard !call.isAdmitted else { return }
        try admissionMetrics.run(.validate, operation, admission.part(for: call).steps) { plugin throws(APIStatus) in
            try plugin.validate(operation, object, old: old, call)
        }
    }

    /// Shows the body of a subresource, which is of another kind than the object, to all plugins.
    func admitBody(
        _ operation: AdmissionOperation, _ object: inout JSON, old: JSON? = nil, as names: KindNames, _ call: Call
    ) throws(APIStatus) {
        var call: Call = call
        call.body = names
        try admit(operation, &object, old: old, call)
        try validateAdmission(operation, object, old: old, call)
    }

    /// Asks webhooks about an object that is to be deleted; there is none that they could change.
    func admitDeletion(of old: JSON, _ call: Call) throws(APIStatus) {
        var none: JSON = .null
        try admit(.delete, &none, old: old, call)
        try validateAdmission(.delete, nil, old: old, call)
    }

    func followUp(_ object: JSON, old: JSON?, _ call: Call) -> AdmissionFollowUp {
        AdmissionFollowUp(admission.part(for: call).followers, object, old: old, call)
    }
}

extension Call {
    /// True when the call is about objects of this kind themselves, not about a subresource.
    func isAbout<K: Kind>(_ kind: K.Type) -> Bool { AdmissionSubject(names: names, subresource: request.subresource).isAbout(kind) }

    /// True when the call is about objects of this kind, or about a subresource of one.
    func isOf<K: Kind>(_ kind: K.Type) -> Bool { AdmissionSubject(names: names, subresource: request.subresource).isOf(kind) }
}
