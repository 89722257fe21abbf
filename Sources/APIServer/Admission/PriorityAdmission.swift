import API
import Machinery

/// Turns a pod's `priorityClassName` into its number, and keeps the default class the only one.
struct PriorityAdmission: AdmissionPlugin {
    static let name = "Priority"
    let objects: ParsedObjects

    /// Exist without an object, as upstream makes them at start.
    static let system: [String: Int] = ["system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000]

    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isAbout(Pod.self) || subject.isAbout(PriorityClass.self) }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, call.isAbout(Pod.self) else { return }
        var pod = View<Pod>(object)
        let (name, priority, policy): (String, Int, String) = try priority(of: pod, call)
        if let given = pod.spec.priority, given != priority {
            throw .forbidden(
                call.names, pod.name,
                "the integer value of priority (\(given)) must not be provided in pod spec; priority admission controller computed "
                    + "\(priority) from the given PriorityClass name")
        }
        object = .null
        if !name.isEmpty { pod.spec.priorityClassName = name }
        pod.spec.priority = priority
        if pod.spec.preemptionPolicy == nil { pod.spec.preemptionPolicy = policy }
        object = pod.json
    }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard call.isAbout(PriorityClass.self), let object else { return }
        let made = View<PriorityClass>(object)
        guard made.globalDefault, let standard, operation == .create || standard.name != made.name else { return }
        throw .forbidden(call.names, made.name, "PriorityClass \(standard.name) is already marked as default. Only one default can exist")
    }

    /// The one that pods get which name none.
    private var standard: View<PriorityClass>? {
        objects.list(PriorityClass.self).filter { $0.globalDefault }.min { $0.value < $1.value }
    }

    private func priority(of pod: View<Pod>, _ call: Call) throws(APIStatus) -> (name: String, value: Int, policy: String) {
        let name: String = pod.spec.priorityClassName
        guard !name.isEmpty else {
            guard let standard else { return ("", 0, "PreemptLowerPriority") }
            return (standard.name, standard.value, standard.preemptionPolicy)
        }
        if let value = Self.system[name] { return (name, value, "PreemptLowerPriority") }
        guard let found = objects.find(PriorityClass.self, ObjectKey(namespace: "", name: name)) else {
            throw .forbidden(call.names, pod.name, "no PriorityClass with name \(name) was found")
        }
        return (name, found.value, found.preemptionPolicy)
    }
}
