import CSandbox

extension ContainerProcess {
    /// What a START request carries.
    func write(to writer: inout FieldWriter, masked: [String]) {
        writeProgram(to: &writer)
        writer.text(SANDBOX_FOLDER, folder)
        for layer in layers { writer.text(SANDBOX_LAYER, layer) }
        for path in masked + maskedPaths { writer.text(SANDBOX_MASK, path) }
        writer.flag(SANDBOX_READ_ONLY_ROOT, readOnlyRoot)
        writer.flag(SANDBOX_PRIVILEGED, isPrivileged)
        writer.flag(SANDBOX_UNMASKED_PROC, isUnmasked)
        writer.flag(SANDBOX_WITHOUT_OVERLAY, withoutOverlay)
        writer.flag(SANDBOX_OWN_PROCESSES, processes == .container && sharesProcessesOf == nil)
        writer.text(SANDBOX_WITH_PROCESSES_OF, sharesProcessesOf)
        if input != .none { writer.number(SANDBOX_INPUT, input.rawValue) }
        writer.text(SANDBOX_LOG, logPath)
        if let memoryLayer { writer.number(SANDBOX_MEMORY_LAYER, memoryLayer) }
        // By depth, so that a mount never hides one that lies in it; the sort keeps the order of equals.
        for mount in mounts.sorted(by: { $0.depth < $1.depth }) { writer.group(SANDBOX_MOUNT) { mount.write(to: &$0) } }
    }

    /// The part that an EXEC request has too.
    func writeProgram(to writer: inout FieldWriter) {
        writer.text(SANDBOX_ID, id)
        for argument in arguments { writer.text(SANDBOX_ARGUMENT, argument) }
        for variable in environment { writer.text(SANDBOX_VARIABLE, "\(variable.name)=\(variable.value)") }
        writer.text(SANDBOX_DIRECTORY, workingDirectory)
        if let user {
            writer.number(SANDBOX_USER, Int64(user.uid))
            writer.number(SANDBOX_GROUP, Int64(user.gid))
            for group in user.supplementaryGroups { writer.number(SANDBOX_EXTRA_GROUP, Int64(group)) }
        }
        writer.number(SANDBOX_CAPABILITIES, Int64(bitPattern: capabilities))
        writer.flag(SANDBOX_NO_NEW_PRIVILEGES, noNewPrivileges)
        switch systemCalls {
        case .all: break
        case .runtimeDefault: writer.flag(SANDBOX_SECCOMP, true)
        case .filtered(let filter):
            writer.raw(SANDBOX_SECCOMP_PROGRAM, filter.program)
            writer.number(SANDBOX_SECCOMP_FLAGS, Int64(filter.flags))
        }
        if let appArmorProfile { writer.text(SANDBOX_APPARMOR, appArmorProfile) }
        if let dataLimit { writer.number(SANDBOX_DATA_LIMIT, dataLimit) }
        if let processLimit { writer.number(SANDBOX_PROCESS_LIMIT, processLimit) }
        if niceness > 0 { writer.number(SANDBOX_NICENESS, Int64(niceness)) }
        for path in controlGroups { writer.text(SANDBOX_CONTROL_GROUP, path) }
        if let terminal {
            writer.flag(SANDBOX_TERMINAL, true)
            writer.number(SANDBOX_ROWS, Int64(terminal.rows))
            writer.number(SANDBOX_COLUMNS, Int64(terminal.columns))
        }
    }
}

extension Mount {
    fileprivate var depth: Int { target.utf8.split(separator: UInt8(ascii: "/")).count }

    fileprivate func write(to writer: inout FieldWriter) {
        switch source {
        case .host(let path): writer.text(SANDBOX_SOURCE, path)
        case .below(let folder, let path):
            writer.text(SANDBOX_SOURCE, folder)
            writer.text(SANDBOX_SUBPATH, path)
        case .layers(let layers, let path):
            for layer in layers { writer.text(SANDBOX_LAYER, layer) }
            if !path.isEmpty { writer.text(SANDBOX_SUBPATH, path) }
        case .memory(let size, let mode):
            if let size { writer.number(SANDBOX_SIZE, size) }
            writer.number(SANDBOX_MODE, Int64(mode))
        }
        writer.text(SANDBOX_TARGET, target)
        writer.flag(SANDBOX_READ_ONLY, isReadOnly)
        writer.number(SANDBOX_PROPAGATION, propagation.rawValue)
    }
}

extension StartedContainer {
    init(_ fields: FieldReader) {
        id = fields.text(SANDBOX_ID)
        pid = Int32(clamping: fields.number(SANDBOX_PROCESS) ?? 0)
        startedAt = fields.number(SANDBOX_STARTED_AT) ?? 0
    }
}

extension ContainerExit {
    init(_ fields: FieldReader) {
        id = fields.text(SANDBOX_ID)
        exitCode = Int32(clamping: fields.number(SANDBOX_EXIT_CODE) ?? 0)
        let number: Int64 = fields.number(SANDBOX_EXIT_SIGNAL) ?? 0
        signal = number == 0 ? nil : Int32(clamping: number)
        startedAt = fields.number(SANDBOX_STARTED_AT) ?? 0
        finishedAt = fields.number(SANDBOX_FINISHED_AT) ?? 0
    }
}

extension ContainerState {
    init(_ fields: FieldReader) {
        id = fields.text(SANDBOX_ID)
        switch fields.number(SANDBOX_RUNNING) {
        case 1: phase = .running
        case 2: phase = .starting
        default: phase = .ended(ContainerExit(fields))
        }
        pid = Int32(clamping: fields.number(SANDBOX_PROCESS) ?? 0)
        startedAt = fields.number(SANDBOX_STARTED_AT) ?? 0
        logFailure = fields.number(SANDBOX_LOG_ERRNO).map { Int32(clamping: $0) }
    }
}
