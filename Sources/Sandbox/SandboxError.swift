import CSandbox
import Glibc

/// Why something that Linux was asked for did not happen.
package enum SandboxError: Error, Sendable, Equatable {
    /// Setting up a sandbox or a container failed: what was being done, the kernel's reason, and with what.
    ///
    /// Stages of a container: `log`, `fork`, `root`, `read-only root`, `proc`, `sys`, `dev`, `mask`, `mount source`, `mount`, `chdir`,
    /// `capabilities`, `user`, `look-up` (no such program in PATH), `interpreter`, `exec`, and `request` (no such container).
    case setup(stage: String, errno: Int32, path: String)
    /// The sandbox parent has ended, and with it every process of its pod.
    case gone
    /// The parent was started by a version of the program that speaks another protocol.
    case incompatible(version: Int)
    /// A system call of the main process failed.
    case system(call: String, errno: Int32, path: String)

    /// The kernel's reason in words, or the whole sentence where there is none: `connection refused`.
    package var reason: String { errno.map { text(of: $0) } ?? description }

    /// The kernel's reason, nil where there is none.
    package var errno: Int32? {
        switch self {
        case .setup(_, let errno, _), .system(_, let errno, _): errno
        case .gone, .incompatible: nil
        }
    }
}

extension SandboxError: CustomStringConvertible {
    /// One sentence; for a program that does not start, in the words of runc, which users search for.
    package var description: String {
        switch self {
        case .setup("look-up", ENOENT, let path): "exec: \"\(path)\": executable file not found in $PATH"
        case .setup("look-up", let errno, let path): "exec: \"\(path)\": \(text(of: errno))"
        case .setup("exec", ENOENT, let path): "exec: \"\(path)\": stat \(path): no such file or directory"
        case .setup("exec", let errno, let path): "exec: \"\(path)\": \(text(of: errno))"
        case .setup("interpreter", _, let path): "exec \(path): no such file or directory (its interpreter is missing)"
        case .setup("chdir", let errno, let path): "chdir to cwd (\"\(path)\") set in config.json failed: \(text(of: errno))"
        case .setup(let stage, let errno, ""): "\(stage): \(text(of: errno))"
        case .setup(let stage, let errno, let path): "\(stage) \"\(path)\": \(text(of: errno))"
        case .gone: "the sandbox's parent process has ended"
        case .incompatible(let version): "the sandbox was started by another version of swkube (protocol \(version)); delete its pod"
        case .system(let call, let errno, let path): "\(call) \(path): \(text(of: errno))"
        }
    }
}

/// The kernel's words for an errno, with a small letter at the start as Go writes them.
private func text(of errno: Int32) -> String {
    guard let message = swkube_error_text(errno) else { return "errno \(errno)" }
    let words = String(cString: message)
    return words.prefix(1).lowercased() + words.dropFirst()
}
