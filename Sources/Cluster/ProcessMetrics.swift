import Machinery
import Sandbox

/// The process itself under the names that Prometheus' client libraries give it.
enum ProcessMetrics {
    static func add(to metrics: Metrics) {
        metrics.collect { text in
            guard let process = OwnProcess() else { return }
            text.sample(
                "process_cpu_seconds_total", .counter, "Seconds of CPU since the start, of all threads.", [], process.cpuSeconds)
            text.sample("process_resident_memory_bytes", .gauge, "Resident memory.", [], Double(process.residentBytes))
            text.sample("process_virtual_memory_bytes", .gauge, "Virtual memory.", [], Double(process.virtualBytes))
            text.sample("process_threads", .gauge, "Threads.", [], Double(process.threads))
            text.sample("process_open_fds", .gauge, "Open files.", [], Double(process.openFiles))
            text.sample("process_max_fds", .gauge, "Files that may be open.", [], Double(process.mostOpenFiles))
            text.sample("process_start_time_seconds", .gauge, "When the process began, since 1970.", [], process.started)
        }
    }
}
