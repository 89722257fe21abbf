import API
import Images
import Machinery

/// The entry of the catalogue for an image's name.
enum HostImageMatch {
    /// The entry that names the image most closely: with its tag before without, then the one whose name comes first.
    static func find(_ image: ImageReference, in catalogue: [View<HostImage>]) -> View<HostImage>? {
        var best: (entry: View<HostImage>, closeness: Int)?
        for entry in catalogue {
            guard let closeness = entry.spec.images.compactMap({ closeness(image, $0) }).max() else { continue }
            if let known = best, known.closeness > closeness || (known.closeness == closeness && known.entry.name < entry.name) { continue }
            best = (entry, closeness)
        }
        return best?.entry
    }

    /// nil when the pattern does not mean the image; else the longer, the closer.
    private static func closeness(_ image: ImageReference, _ pattern: String) -> Int? {
        var name: Substring = pattern[...]
        var tag: String?
        if let colon = pattern.lastIndex(of: ":"), !pattern[colon...].contains("/") {
            name = pattern[..<colon]
            tag = String(pattern[pattern.index(after: colon)...])
        }
        guard let wanted = try? ImageReference(String(name)), wanted.name == image.name else { return nil }
        guard let tag else { return 0 }
        return HostPrograms.matches(image.tag ?? "", tag) ? tag.utf8.count : nil
    }
}

extension ResolvedImage {
    /// A program of the node's, found at `program`.
    init(_ entry: View<HostImage>, program: String) {
        let spec: View<HostImageSpec> = entry.spec
        reference = "host://" + program
        entrypoint = spec.command
        command = spec.args
        environment = spec.env.map { "\($0.name)=\($0.value)" }
        workingDirectory = spec.workingDir
        user = spec.user
        stopSignal = spec.stopSignal
        folders = spec.folders
        files = spec.files.map { File(path: $0.path, content: $0.content, mode: UInt32(clamping: $0.mode ?? 0o644)) }
        applets = spec.applets
        if spec.builtin == "pause" { pausePath = spec.program }
        let folder: String = Files.parent(of: program) ?? "/"
        if !EnvironmentMaker.path.split(separator: ":").contains(Substring(folder)), spec.builtin.isEmpty { programFolder = folder }
    }
}

extension View<HostImage> {
    /// Where the node has the program; nil when it lacks it.
    var foundProgram: String? { self.spec.builtin.isEmpty ? HostPrograms.find(self.spec.program) : self.spec.program }

    /// What to do about a program that is missing.
    func remedy(for image: String) -> String {
        let program: String = self.spec.program
        let install: String = self.spec.install.isEmpty ? "install it" : self.spec.install
        return "this node has no program \(program) to run image \"\(image)\" with (HostImage \(self.name)): \(install), "
            + "or bring the image itself: swkube image pull \(image), swkube image load FILE"
    }
}
