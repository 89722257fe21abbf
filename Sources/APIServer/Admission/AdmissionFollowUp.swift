import API
import Machinery

/// Tells the plugins that follow an admitted object what became of it.
///
/// Where none does it holds nothing, so that the trees of a write go where they were made, and not on the store's thread.
struct AdmissionFollowUp: Sendable {
    private let plugins: [any AdmissionPlugin]
    private let object: JSON
    private let old: JSON?
    private let call: Call

    init(_ followers: [any AdmissionPlugin], _ object: JSON, old: JSON?, _ call: Call) {
        plugins = followers.filter { $0.awaits(call) }
        self.object = plugins.isEmpty ? .null : object
        self.old = plugins.isEmpty ? nil : old
        self.call = call
    }

    func written() {
        for plugin in plugins { plugin.written(object, old: old, call) }
    }

    func abandoned() {
        guard !call.options.dryRun else { return }
        for plugin in plugins { plugin.abandoned(object, old: old, call) }
    }
}
