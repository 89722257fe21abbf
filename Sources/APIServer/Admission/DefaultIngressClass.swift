import API
import Machinery

/// Gives Ingresses that name no class the default one.
///
/// Source: plugin/pkg/admission/network/defaultingressclass.
struct DefaultIngressClass: AdmissionPlugin {
    let objects: ParsedObjects

    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isAbout(Ingress.self) }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, object[["spec", "ingressClassName"]] == nil,
            object[["metadata", "annotations", "kubernetes.io/ingress.class"]] == nil
        else { return }
        let classes: [View<IngressClass>] = objects.list(IngressClass.self).filter {
            $0.metadata.annotations[IngressClass.defaultAnnotation] == "true"
        }
        guard let chosen = DefaultStorageClass.newest(classes, \.metadata) else { return }
        object[["spec", "ingressClassName"]] = .string(chosen.name)
    }
}
